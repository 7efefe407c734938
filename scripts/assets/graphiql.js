// GraphiQL as one module: `mount(element, { url, subscriptionUrl, query })` shows it in `element`, with `query` to begin
// with.
// The editor's language workers are loaded from beside this file.

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";

const workers = { graphql: "graphql.worker.js", json: "json.worker.js" };

self.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(workers[label] ?? "editor.worker.js", import.meta.url)),
};

export function mount(element, { query, ...options }) {
  const fetcher = createGraphiQLFetcher(options);
  createRoot(element).render(createElement(GraphiQL, { fetcher, defaultQuery: query }));
}
