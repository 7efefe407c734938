// Parse Server over tables of its own in the schema `parse`: one process, ten connections, GraphQL at /graphql.
// It makes the tables from `classes`; `bench/parse/library.sql` fills them.
import { createServer } from "node:http";
import express from "express";
import { ParseGraphQLServer, ParseServer } from "parse-server";

const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
const everyone = { "*": true };
const open = { find: everyone, get: everyone, create: everyone, count: everyone, update: {}, delete: {}, addField: {} };
const classes = [
  {
    className: "Author",
    fields: { name: { type: "String", required: true }, country: { type: "String" }, born: { type: "String" } },
    classLevelPermissions: open,
  },
  {
    className: "Book",
    fields: {
      title: { type: "String", required: true },
      author: { type: "Pointer", targetClass: "Author" },
      isbn: { type: "String" },
      genre: { type: "String" },
      status: { type: "String" },
      price: { type: "Number" },
      in_stock: { type: "Boolean" },
      pages: { type: "Number" },
      // It has no dates without a time.
      published: { type: "String" },
      publisher: { type: "Object" },
      tags: { type: "Array" },
    },
    classLevelPermissions: open,
  },
];

const genres = ["fiction", "science_fiction", "history", "science", "biography", "children"];
const rules = {
  title: { options: (title) => title.length >= 1 && title.length <= 500 },
  genre: { options: genres },
  price: { options: (price) => price >= 0 },
  pages: { options: (pages) => pages >= 1 && pages <= 100000 },
};

const parse = new ParseServer({
  appId: "library",
  masterKey: process.env.PARSE_MASTER_KEY,
  serverURL: `http://127.0.0.1:${port}/parse`,
  verifyServerUrl: false,
  databaseURI: process.env.LIBRARY_DSN,
  databaseOptions: { max: 10, initOptions: { schema: ["parse", "public"] } },
  schema: { definitions: classes, strict: true, lockSchemas: true },
  // What it has against wrong documents beside types.
  cloud: (Parse) => Parse.Cloud.beforeSave("Book", () => {}, { fields: rules }),
  silent: true,
  logLevel: "error",
});
await parse.start();

const application = express();
application.use((request, _, next) => {
  // Its clients say with every request whose it is.
  request.headers["x-parse-application-id"] = "library";
  next();
});
new ParseGraphQLServer(parse, { graphQLPath: "/graphql" }).applyGraphQL(application);
createServer(application).listen(port, "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
