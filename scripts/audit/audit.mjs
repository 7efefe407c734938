// Holds a GraphQL endpoint against the audits of the GraphQL over HTTP specification, of the package graphql-http.
//
// Usage: node audit.mjs [URL]. Needs `npm install` beside it first. Prints each audit that fails, and how many did not;
// fails if any does, also of those that are only recommended or allowed.

import { serverAudits } from "graphql-http";
import { argv, exit } from "node:process";

const url = argv[2] ?? "http://localhost:8080/graphql";
const results = await Promise.all(serverAudits({ url }).map((audit) => audit.fn()));
const failed = results.filter((result) => result.status !== "ok");
for (const { id, name, reason } of failed) console.log(`${id} ${name}: ${reason}`);
console.log(`${results.length - failed.length} of ${results.length} audits passed at ${url}`);
exit(failed.length === 0 && results.length > 0 ? 0 : 1);
