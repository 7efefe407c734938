// The last requests as waterfalls. `requests` holds what the server told; `render` draws what the filters let through.
// Everything shown is put in as text, never as HTML: paths, values and SQL come from callers.

const POLL = 700; // milliseconds between questions to the server
const KEPT = 500; // requests kept in the page, as many as the server keeps
const SLOW = 100; // milliseconds from which a request is shown as slow

const byId = (id) => document.getElementById(id);
const controls = Object.fromEntries(["text", "collection", "status", "duration", "order"].map((id) => [id, byId(id)]));
const list = byId("requests");

let requests = []; // oldest first
let last = 0;
let paused = false;
let loaded = false; // whether the server has been heard once
let open = null; // id of the request whose steps are shown
const plans = new Map(); // span id → lines

function element(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((each) => each !== null && each !== ""));
  return made;
}

const shownMs = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 2 : 1)} ms`);
// GraphQL answers its errors with status 200, unless the server is to blame.
const statusClass = ({ status, error }) => (status >= 500 ? "server" : status >= 400 || error ? "client" : "ok");

function spanClass(span, isRoot) {
  if (span.error) return "failed";
  if (isRoot) return "request";
  if ("sql" in span) return "sql";
  return span.name === "connection" ? "connection" : "step";
}

function placed(span, total, isRoot) {
  const bar = element("i", { class: spanClass(span, isRoot), title: `${span.name}: ${shownMs(span.duration)}` });
  bar.style.left = `${Math.min(99.5, (span.start / total) * 100)}%`;
  bar.style.width = `${Math.max(0.3, (span.duration / total) * 100)}%`;
  return bar;
}

// --- which requests ---------------------------------------------------------------------------------------------

function chosen() {
  const text = controls.text.value.trim().toLowerCase();
  const atLeast = Number(controls.duration.value) || 0;
  const found = requests.filter(
    (each) =>
      (!text || searched(each).includes(text)) &&
      (!controls.collection.value || each.collections.includes(controls.collection.value)) &&
      (!controls.status.value || statusClass(each) === controls.status.value) &&
      each.duration >= atLeast,
  );
  if (controls.order.value === "slowest") return found.sort((a, b) => b.duration - a.duration);
  return found.reverse();
}

const told = (each) => `${each.path} ${each.operation} ${each.error} ${each.root_fields}`.trimEnd();
const searched = (each) => `${each.method} ${told(each)}?${each.query}`.toLowerCase();

function offerCollections() {
  const known = new Set([...controls.collection.options].map((each) => each.value));
  for (const name of new Set(requests.flatMap((each) => each.collections)))
    if (!known.has(name)) controls.collection.append(element("option", { value: name, text: name }));
}

// --- drawing ----------------------------------------------------------------------------------------------------

const drawn = new Map(); // request id → its element, so that what has the focus stays

function render() {
  const found = chosen();
  const slowest = Math.max(1, ...found.map((each) => each.duration));
  const wanted = found.map((each) => {
    const item = drawn.get(each.id) ?? drawRequest(each);
    drawn.set(each.id, item);
    const bar = item.querySelector(".row > .bar");
    // By the square root: beside one slow import, the others would all be a dot.
    bar.style.setProperty("width", `${Math.max(3, Math.sqrt(each.duration / slowest) * 100)}%`);
    return item;
  });
  const focused = document.activeElement;
  wanted.forEach((item, at) => {
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
  while (list.children.length > wanted.length) list.lastChild.remove();
  if (focused && focused !== document.activeElement && list.contains(focused)) focused.focus();
  const kept = new Set(requests.map((each) => each.id));
  for (const id of drawn.keys()) if (!kept.has(id)) drawn.delete(id);
  drawEmpty(found.length);
}

function drawEmpty(count) {
  const empty = byId("empty");
  empty.hidden = count > 0 || !loaded;
  if (empty.hidden) return;
  if (requests.length) empty.replaceChildren("None of the ", String(requests.length), " requests passes the filters.");
  else empty.replaceChildren("No request yet. Try ", element("code", { text: `curl ${location.origin}/records` }));
}

function drawRequest(request) {
  const query = request.query ? element("span", { class: "query", text: `?${decoded(request.query)}` }) : "";
  const operation = request.operation ? element("b", { text: ` ${request.operation}` }) : "";
  const fields = request.root_fields ? element("span", { class: "fields", text: ` ${request.root_fields}` }) : "";
  const error = request.error ? element("span", { class: "error", text: ` ${request.error}` }) : "";
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  bar.append(...request.spans.map((span, at) => placed(span, request.duration, at === 0)));
  const row = element(
    "button",
    { class: "row", type: "button", "aria-expanded": "false", onclick: () => toggle(request.id) },
    element("span", { class: "time", text: new Date(request.started).toLocaleTimeString([], { hour12: false }) }),
    element("span", { class: "method", text: request.method }),
    element("span", { class: `status ${statusClass(request)}`, text: request.status || "…" }),
    element("span", { class: "path", title: told(request) }, request.path, operation, error, fields, query),
    element("span", { class: "collections", text: request.collections.join(", ") }),
    element("span", { class: request.duration >= SLOW ? "ms slow" : "ms", text: shownMs(request.duration) }),
    bar,
  );
  return element("li", { class: "request", id: `r${request.id}` }, row);
}

function decoded(query) {
  try {
    return decodeURIComponent(query);
  } catch {
    return query;
  }
}

function toggle(id) {
  const before = open;
  open = open === id ? null : id;
  for (const each of new Set([before, id])) {
    const item = drawn.get(each);
    if (!item) continue;
    item.querySelector(".detail")?.remove();
    item.querySelector(".row").setAttribute("aria-expanded", String(each === open));
    if (each === open) item.append(drawDetail(requests.find((one) => one.id === each)));
  }
}

function drawDetail(request) {
  const root = request.spans[0].attributes;
  const facts = element("p", { class: "facts" });
  const known = {
    route: root["http.route"],
    collection: request.collections.join(", "),
    "schema version": root["janua.schema_version"],
    "catalog revision": root["janua.catalog_revision"],
    trace: request.trace,
  };
  for (const [name, value] of Object.entries(known))
    if (value) facts.append(`${name} `, element("b", { text: String(value) }), "  ·  ");
  facts.lastChild?.remove();
  return element("div", { class: "detail" }, facts, ...request.spans.flatMap((span, at) => drawStep(request, span, at)));
}

function drawStep(request, span, at) {
  const bar = element("span", { class: "bar" }, placed(span, request.duration, at === 0));
  const name = element("span", { class: "name", text: span.name, title: span.name });
  name.style.paddingLeft = `${depth(request, span)}rem`;
  if (span.error) name.append(element("span", { class: "error", text: ` ${span.error}` }));
  const step = element("div", { class: "step" }, name, bar, element("span", { class: "ms", text: shownMs(span.duration) }));
  return "sql" in span ? [step, drawStatement(request, span)] : [step];
}

function depth(request, span) {
  const parent = request.spans.find((each) => each.id === span.parent);
  return parent ? depth(request, parent) + 1 : 0;
}

function drawStatement(request, span) {
  const sql = element("pre", { class: "sql", tabindex: "0", "aria-label": "SQL" }, ...highlighted(span.sql));
  const plan = element("div", { class: "answer", "aria-live": "polite" });
  const copy = element("button", { type: "button", text: "Copy SQL", onclick: () => copied(copy, span.sql) });
  const buttons = element("div", { class: "buttons" }, copy);
  const box = element("div", { class: "statement" }, buttons, plan, sql);
  if (span.values.length) {
    const values = element("p", { class: "values" });
    span.values.forEach((value, at) => values.append(element("b", { text: `$${at + 1}` }), ` = ${value}   `));
    box.append(values);
  }
  if (span.explainable) {
    const ask = () => showPlan(request, span, plan, button);
    const button = element("button", { type: "button", class: "explain", text: "Show plan", onclick: ask });
    buttons.prepend(button);
    if (plans.has(span.id)) drawPlan(span, plan, button);
  }
  return box;
}

async function copied(button, text) {
  await navigator.clipboard.writeText(text);
  button.textContent = "Copied";
}

const KEYWORDS =
  /('(?:[^']|'')*')|("(?:[^"]|"")*")|\b(SELECT|FROM|WHERE|AND|OR|NOT|ORDER BY|GROUP BY|LIMIT|OFFSET|LEFT|JOIN|LATERAL|ON|AS|WITH|INSERT INTO|VALUES|UPDATE|SET|DELETE|RETURNING|CASE|WHEN|THEN|ELSE|END|UNION|ALL|EXISTS|IN|IS|NULL|ASC|DESC|CROSS|INNER|CONFLICT|DO|NOTHING|CAST|COLLATE)\b/g;

function highlighted(sql) {
  const parts = [];
  let at = 0;
  for (const found of sql.matchAll(KEYWORDS)) {
    parts.push(sql.slice(at, found.index));
    if (found[1]) parts.push(element("span", { class: "text", text: found[0] }));
    else parts.push(found[3] ? element("b", { text: found[0] }) : found[0]);
    at = found.index + found[0].length;
  }
  return [...parts, sql.slice(at)];
}

// --- plans ------------------------------------------------------------------------------------------------------

async function showPlan(request, span, box, button) {
  button.disabled = true;
  button.textContent = "Asking PostgreSQL…";
  try {
    const answer = await fetch(`/traces/${request.id}/${span.id}/plan`);
    const body = await answer.json();
    if (!answer.ok) throw new Error(answer.status === 404 ? "the server has forgotten this request" : body.detail);
    plans.set(span.id, body.plan);
    drawPlan(span, box, button);
  } catch (error) {
    button.disabled = false;
    button.textContent = `Show plan (${error.message})`;
  }
}

function drawPlan(span, box, button) {
  button.remove();
  const lines = plans.get(span.id);
  const scanned = [...new Set(lines.map((each) => each.match(/Seq Scan on (?:\S+\.)?("?[\w$]+"?)/)?.[1]).filter(Boolean))];
  const served = [...new Set(lines.map((each) => each.match(/Index (?:Only )?Scan(?: Backward)? (?:using|on) (\S+)/)?.[1]).filter(Boolean))];
  const hint = scanned.length
    ? `PostgreSQL reads all of ${scanned.join(" and ")}: no index serves this condition or order, or there are so few records that none is needed. x-index in the schema adds one.`
    : served.length
      ? `Served by ${served.join(" and ")}.`
      : "";
  if (hint) box.append(element("p", { class: scanned.length ? "hint" : "hint good", text: hint }));
  const shown = lines.flatMap((line) => {
    const mark = /Seq Scan/.test(line) ? "scan" : /Index/.test(line) ? "index" : "";
    return [mark ? element("span", { class: mark, text: line }) : line, "\n"];
  });
  box.append(element("pre", { class: "plan", tabindex: "0", "aria-label": "Plan" }, ...shown));
}

// --- keyboard ---------------------------------------------------------------------------------------------------

function rows() {
  return [...list.querySelectorAll(".row")];
}

function move(by) {
  const all = rows();
  const now = all.findIndex((each) => each.parentElement.contains(document.activeElement));
  const next = all[Math.max(0, Math.min(all.length - 1, now + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function explainSlowest() {
  const request = requests.find((each) => each.id === open);
  const statements = request?.spans.filter((each) => each.explainable).sort((a, b) => b.duration - a.duration);
  if (!statements?.length) return;
  const all = request.spans.filter((each) => "sql" in each);
  drawn.get(open).querySelectorAll(".statement")[all.indexOf(statements[0])].querySelector(".explain")?.click();
}

const KEYS = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  j: () => move(1),
  k: () => move(-1),
  "/": () => controls.text.focus(),
  e: explainSlowest,
  p: () => byId("pause").click(),
  s: () => {
    controls.order.value = controls.order.value === "slowest" ? "newest" : "slowest";
    render();
  },
  Escape: () => open && toggle(open),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});

// --- asking the server ------------------------------------------------------------------------------------------

async function poll() {
  try {
    if (!paused && !document.hidden) await ask();
    say();
  } catch {
    say("The server does not answer; trying again.");
  }
  setTimeout(poll, POLL);
}

async function ask() {
  const answer = await fetch(`/traces/recent?after=${last}`);
  if (!answer.ok) throw new Error(String(answer.status));
  const body = await answer.json();
  const changed = body.traces.length > 0 || !loaded;
  loaded = true;
  last = body.last;
  if (!changed) return;
  const known = new Set(requests.map((each) => each.id));
  requests = [...requests, ...body.traces.filter((each) => !known.has(each.id))].slice(-KEPT);
  offerCollections();
  render();
}

function say(trouble) {
  const state = byId("state");
  state.className = trouble ? "lost" : "";
  const failed = requests.filter((each) => statusClass(each) !== "ok").length;
  const slow = requests.filter((each) => each.duration >= SLOW).length;
  const text = trouble ?? `${requests.length} requests${failed ? `, ${failed} failed` : ""}${slow ? `, ${slow} slower than ${SLOW} ms` : ""}${paused ? " · paused" : " · live"}`;
  if (state.textContent !== text) state.textContent = text;
}

for (const each of Object.values(controls)) each.addEventListener("input", render);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.target.setAttribute("aria-pressed", String(paused));
  event.target.textContent = paused ? "Resume" : "Pause";
  say();
});
byId("clear").addEventListener("click", () => {
  requests = [];
  open = null;
  render();
  say();
});

render();
poll();
