// Generates TypeScript of a GraphQL schema and of operations, with the plugins of GraphQL Code Generator.
//
// Usage: node codegen.mjs URL DIRECTORY. Reads DIRECTORY/operations.graphql; writes there `introspected.*.ts`, from what
// introspection answers, and `printed.*.ts`, from the SDL. Needs `npm install` beside it first.

import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import * as typescript from "@graphql-codegen/typescript";
import { buildClientSchema, buildSchema, getIntrospectionQuery, parse, printSchema } from "graphql";
import { readFile, writeFile } from "node:fs/promises";
import { argv } from "node:process";

const [url, directory] = argv.slice(2);
const asked = await fetch(url, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }) }),
});
const schemas = {
  introspected: buildClientSchema((await asked.json()).data),
  printed: buildSchema(await (await fetch(`${url}?sdl`)).text()),
};
const document = parse(await readFile(`${directory}/operations.graphql`, "utf8"));
const scalars = Object.fromEntries(["DateTime", "Date", "Time", "UUID"].map((name) => [name, "string"]));
const config = {
  strictScalars: true,
  scalars: { ...scalars, JSON: "unknown", BigInt: "number | string", Decimal: "number | string" },
};
for (const [name, schema] of Object.entries(schemas)) {
  for (const [what, plugin] of Object.entries({ types: typescript, operations })) {
    const text = await codegen({
      filename: `${name}.${what}.ts`,
      schema: parse(printSchema(schema)),
      schemaAst: schema,
      documents: [{ location: "operations.graphql", document }],
      config,
      plugins: [{ [what]: {} }],
      pluginMap: { [what]: plugin },
    });
    await writeFile(`${directory}/${name}.${what}.ts`, text);
  }
}
