// A Convex for tests: the real functions, run by the official convex-test, behind Convex's HTTP API.
//
//   node facade.mjs FOLDER_OF_FUNCTIONS
//
// It ends with its standard input. Prints the port on which it is told what to do, one JSON object a request:
//   {"do": "deploy", "key": KEY, "limits": …}     a new, empty deployment; answers its port
//   {"do": "seen", "port": PORT}                  the requests that came to it since this was last asked
//   {"do": "rows", "port": PORT, "table": TABLE}  how many documents one of its tables has
//   {"do": "keep", "port": PORT, "table": TABLE, "documents": […]}  documents as other functions left them
//   {"do": "kept", "port": PORT, "table": TABLE}  what its documents are
//   {"do": "fail", "port": PORT, "how": FAULT}    how that deployment fails from now on; null: not any more
//   {"do": "forget", "port": PORT}                the deployment is gone, with its records
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { resolve } from "node:path";

import { bundle } from "./bundle.mjs";

const folder = resolve(process.argv[2]);
const names = (await readdir(folder)).filter((name) => name.endsWith(".ts"));
const { convexTest, makeFunctionReference, modules, schema } = await bundle(folder, names);
const deployments = new Map();

/** Convex prints every number as a float. */
function encode(value) {
  if (Array.isArray(value)) return `[${value.map(encode).join()}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value)
      .map(([name, each]) => `${JSON.stringify(name)}:${encode(each)}`)
      .join()}}`;
  }
  return Number.isInteger(value) && !/e/.test(`${value}`) ? `${value}.0` : JSON.stringify(value);
}

class Deployment {
  constructor(key, limits) {
    this.key = key;
    this.fault = null;
    this.seen = [];
    this.convex = convexTest({ schema, modules, transactionLimits: limits ?? true });
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.keepAliveTimeout = 0;
    this.sockets = new Set();
    this.server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  async listen(port = 0) {
    await new Promise((done) => this.server.listen(port, "127.0.0.1", done));
    this.port = this.server.address().port;
  }

  async close() {
    const closed = new Promise((done) => this.server.close(done));
    for (const socket of this.sockets) socket.resetAndDestroy();
    await closed;
  }

  async fail(how) {
    const before = this.fault;
    this.fault = how;
    if (how === "refuse") await this.close();
    else if (before === "refuse") await this.listen(this.port);
    else if (typeof how === "string" || typeof before === "string") {
      for (const socket of this.sockets) socket.resetAndDestroy();
    }
  }

  async answer(request, response) {
    let body = "";
    request.setEncoding("utf8");
    for await (const part of request) body += part;
    this.seen.push({ url: request.url, body, credentials: request.headers.authorization ?? null });
    const fault = this.fault;
    if (fault === "hang") return;
    if (fault === "reset") return request.socket.resetAndDestroy();
    if (fault?.answers?.length) return this.say(response, ...fault.answers.shift());
    const [status, answer] = await this.called(request, body);
    // The request takes effect, but its answer is lost.
    if (fault?.lost > 0 && request.url === "/api/mutation") {
      fault.lost -= 1;
      return request.socket.resetAndDestroy();
    }
    this.say(response, status, { "content-type": "application/json" }, answer);
  }

  say(response, status, headers, body, half = false) {
    const bytes = Buffer.from(body);
    response.writeHead(status, { ...headers, "content-length": bytes.length });
    if (!half) return response.end(bytes);
    response.write(bytes.subarray(0, bytes.length / 2), () => response.socket.resetAndDestroy());
  }

  /** Status and body of an answer of Convex's. */
  async called(request, body) {
    if (request.url === "/version") return [200, "unknown"];
    const kind = request.url.replace("/api/", "");
    if (request.method !== "POST" || !["query", "mutation"].includes(kind)) return [404, ""];
    const credentials = request.headers.authorization;
    const admin = credentials === `Convex ${this.key}`;
    if (credentials !== undefined && !admin) {
      return [401, encode({ code: "BadDeployKey", message: "The provided deploy key was invalid" })];
    }
    const { path, args } = JSON.parse(body);
    const [module, name] = path.split(":");
    const called = (await modules[`./convex/${module}.js`]?.())?.[name];
    const failed = (message, data) => {
      const errorMessage = `[Request ID: ${randomUUID()}] Server Error\n${message}`;
      return [200, encode({ status: "error", errorMessage, ...data, logLines: [] })];
    };
    if (called === undefined || !(admin || called.isPublic)) {
      return failed(
        `Could not find public function for '${path}'. Did you forget to run \`npx convex deploy\`?`,
      );
    }
    try {
      const value = await this.convex[kind](makeFunctionReference(path), args);
      return [200, encode({ status: "success", value: value ?? null, logLines: [] })];
    } catch (error) {
      return "data" in error
        ? failed("Uncaught ConvexError", { errorData: error.data })
        : failed(`Uncaught ${error}`);
    }
  }
}

const commands = {
  async deploy({ key, limits }) {
    const deployment = new Deployment(key, limits);
    await deployment.listen();
    deployments.set(deployment.port, deployment);
    return deployment.port;
  },
  async fail({ port, how }) {
    await deployments.get(port).fail(how);
    return null;
  },
  async rows({ port, table }) {
    return deployments.get(port).convex.run(async ({ db }) => (await db.query(table).collect()).length);
  },
  async keep({ port, table, documents }) {
    await deployments.get(port).convex.run(async ({ db }) => {
      for (const document of documents) await db.insert(table, document);
    });
    return null;
  },
  async kept({ port, table }) {
    return deployments.get(port).convex.run(async ({ db }) => await db.query(table).collect());
  },
  async seen({ port }) {
    return deployments.get(port).seen.splice(0);
  },
  async forget({ port }) {
    const deployment = deployments.get(port);
    deployments.delete(port);
    if (deployment.fault !== "refuse") await deployment.close();
    return null;
  },
};

const control = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  const command = JSON.parse(body);
  response.end(JSON.stringify(await commands[command.do](command)));
});
// The parent process holds the other end of the standard input.
process.stdin.on("end", () => process.exit(0)).resume();
control.listen(0, "127.0.0.1", () => console.log(control.address().port));
