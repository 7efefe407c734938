// PostGraphile over the tables of the schema `library`: one process, ten connections, no watching, no explaining.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const port = Number(process.argv[process.argv.indexOf("--port") + 1]);
const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({ connectionString: process.env.LIBRARY_DSN, schemas: ["library"], poolConfig: { max: 10 } }),
  ],
  grafserv: { port, graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: { explain: false },
};

const server = createServer();
const instance = postgraphile(preset).createServ(grafserv);
await instance.addTo(server);
server.listen(port, "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
