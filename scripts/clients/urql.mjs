// Tries a Janua that serves the example library with @urql/core: queries, mutations, errors, persisted documents.
//
// Usage: node urql.mjs URL. Needs `npm install` beside it first. Prints what it was answered, as JSON.

import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { argv } from "node:process";

const requests = [];
const counting = (url, options) => {
  requests.push(options?.method ?? "GET", String(url), String(options?.body ?? ""));
  return fetch(url, options);
};
const client = new Client({ url: argv[2], exchanges: [fetchExchange], preferGetMethod: false });
const persisting = new Client({
  url: argv[2],
  fetch: counting,
  preferGetMethod: false,
  exchanges: [persistedExchange({ preferGetForPersistedQueries: false }), fetchExchange],
});

const create = `mutation ($input: BookInput!) { createBook(input: $input) { id title price author { name } } }`;
const list = `query ($title: String) { books(where: {title: {eq: $title}}) { nodes { title price } totalCount } }`;

const made = await client.mutation(create, { input: { title: "By urql", price: 12.5 } }).toPromise();
const refused = await client.mutation(create, { input: { title: "", price: -1 } }).toPromise();
const found = await client.query(list, { title: "By urql" }).toPromise();
const persisted = [];
for (let turn = 0; turn < 2; turn++) {
  const answer = await persisting.query(list, { title: "By urql" }, { requestPolicy: "network-only" }).toPromise();
  persisted.push(answer.data ?? String(answer.error));
}
console.log(
  JSON.stringify({
    made: made.data,
    refused: refused.error?.graphQLErrors.map(({ message, path, extensions }) => ({ message, path, extensions })),
    found: found.data,
    persisted,
    sent: requests.filter((_, place) => place % 3 === 2).map((body) => "query" in JSON.parse(body || "{}")),
  }),
);
