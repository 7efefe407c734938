// Copies and bundles the files that the documentation pages load.
//
// Usage: node build.mjs OUTPUT_DIRECTORY. Needs `npm install` beside it first. Everything is copied from the packages
// as they are, except GraphiQL, which is published as source modules only and is bundled here.

import { build } from "esbuild";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";

const COPIES = {
  "swagger-ui-dist/swagger-ui.css": "swagger-ui/swagger-ui.css",
  "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui/swagger-ui-bundle.js",
  "swagger-ui-dist/LICENSE": "swagger-ui/LICENSE",
  "redoc/bundles/redoc.standalone.js": "redoc/redoc.standalone.js",
  "redoc/LICENSE": "redoc/LICENSE",
  "graphiql/LICENSE": "graphiql/LICENSE",
};

const output = argv[2];
if (!output) {
  console.error("usage: node build.mjs OUTPUT_DIRECTORY");
  exit(2);
}
const here = dirname(fileURLToPath(import.meta.url));
// Monaco belongs to GraphiQL's own dependency: it is found from there, so that the versions always fit.
const graphiql = createRequire(createRequire(import.meta.url).resolve("@graphiql/react"));

rmSync(output, { recursive: true, force: true });
for (const [from, to] of Object.entries(COPIES)) {
  mkdirSync(dirname(join(output, to)), { recursive: true });
  cpSync(join(here, "node_modules", from), join(output, to));
}

const settings = { bundle: true, minify: true, legalComments: "linked", logLevel: "warning", target: "es2022" };
await build({
  ...settings,
  entryPoints: { graphiql: join(here, "graphiql.js") },
  outdir: join(output, "graphiql"),
  format: "esm",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".ttf": "dataurl" },
});
await build({
  ...settings,
  entryPoints: {
    "editor.worker": graphiql.resolve("monaco-editor/esm/vs/editor/editor.worker.js"),
    "json.worker": graphiql.resolve("monaco-editor/esm/vs/language/json/json.worker.js"),
    "graphql.worker": graphiql.resolve("monaco-graphql/esm/graphql.worker.js"),
  },
  outdir: join(output, "graphiql"),
  format: "iife",
  define: { "process.env.NODE_ENV": '"production"' },
});
