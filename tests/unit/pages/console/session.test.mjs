import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, address } from "../../../../src/estuary/pages/console/api.js";
import { Rights } from "../../../../src/estuary/pages/console/rights.js";
import { Session } from "../../../../src/estuary/pages/console/session.js";
import { href, match, parseHash } from "../../../../src/estuary/pages/console/router.js";

class Storage {
  kept = new Map();
  getItem = (name) => this.kept.get(name) ?? null;
  setItem = (name, text) => this.kept.set(name, text);
  removeItem = (name) => this.kept.delete(name);
  clear = () => this.kept.clear();
}

const old = { way: "token", secret: "old", name: "alice" };
const fresh = { way: "token", secret: "fresh", name: "alice" };
const session = (storage = new Storage()) => new Session([{ way: "token" }], storage);

/** Answers requests by their token: 200 for those that hold, 401 else; `asked` are the tokens that came. */
function service(holds, asked) {
  globalThis.fetch = async (url, { headers }) => {
    asked.push(headers.authorization);
    return new Response('{"message": "no"}', {
      status: headers.authorization === `Bearer ${holds}` ? 200 : 401,
      headers: { "content-type": "application/json" },
    });
  };
}

test("credentials are kept where that is wanted, and until signing out", () => {
  const storage = new Storage();
  session(storage).signIn(old, { keep: false });
  assert.equal(session(storage).credential, null);
  session(storage).signIn(old, { keep: true });
  assert.deepEqual(session(storage).credential, old);
  session(storage).signOut();
  assert.equal(session(storage).credential, null);
  storage.setItem("estuary.session", "{broken");
  assert.equal(session(storage).credential, null);
});

test("requests that are refused at the same time ask once, and are all sent again", async () => {
  const [here, asked] = [session(), []];
  service("fresh", asked);
  here.signIn(old, { keep: false });
  const api = new Api(here);
  const both = [api.request("GET", "/a"), api.request("GET", "/b")];
  while (here.question === null) await new Promise(setImmediate);
  assert.equal(here.question.reason, "no");
  here.signIn(fresh, { keep: false });
  assert.deepEqual((await Promise.all(both)).map(({ status }) => status), [200, 200]);
  assert.equal(here.question, null);
  assert.deepEqual(asked.sort(), ["Bearer fresh", "Bearer fresh", "Bearer old", "Bearer old"]);
});

test("a refusal of credentials that are others by now asks nobody", async () => {
  const here = session();
  here.signIn(fresh, { keep: false });
  assert.equal(await here.ask(old, "no"), true);
  assert.equal(here.question, null);
});

test("who does not sign in again gets the refusal; who has not signed in is not asked", async () => {
  const [here, asked] = [session(), []];
  service("fresh", asked);
  const api = new Api(here);
  assert.equal((await api.request("GET", "/a")).status, 401);
  here.signIn(old, { keep: false });
  const refused = api.request("GET", "/a");
  while (here.question === null) await new Promise(setImmediate);
  here.dismiss();
  assert.equal((await refused).status, 401);
  assert.equal((await api.request("GET", "/a", { ask: false })).message, "no");
});

test("credentials that can be renewed are, once for all that are refused, and without asking; else one is asked", async () => {
  const [storage, asked] = [new Storage(), []];
  const here = session(storage);
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    return { ...fresh, renew: async () => Promise.reject(new Error("expired")) };
  };
  here.signIn({ ...old, renew }, { keep: true });
  service("fresh", asked);
  const api = new Api(here);
  const answers = await Promise.all([api.request("GET", "/a"), api.request("GET", "/b")]);
  assert.deepEqual([answers.map(({ status }) => status), renewals, here.question], [[200, 200], 1, null]);
  assert.deepEqual(JSON.parse(storage.getItem("estuary.session")), fresh);
  service("newest", asked);
  const refused = api.request("GET", "/a");
  while (here.question === null) await new Promise(setImmediate);
  here.dismiss();
  assert.equal((await refused).status, 401);
});

test("a service that does not answer is reported in the form of an answer", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("no network");
  };
  const answer = await new Api(session()).request("GET", "/a");
  assert.deepEqual([answer.status, answer.ok, answer.body.error], [0, false, "UNREACHABLE"]);
});

test("what was refused is known until somebody else is there, or until it is allowed", () => {
  const here = session();
  const rights = new Rights(here);
  const resource = (dependsOnRecord) => ({ name: "books", dependsOnRecord: () => dependsOnRecord });
  const books = resource(false);
  const forbidden = { status: 403, ok: false, message: "no scope" };
  assert.equal(rights.learn(books, "create", forbidden), forbidden);
  assert.deepEqual([rights.refusal(books, "create"), rights.refusal(books, "read")], ["no scope", undefined]);
  rights.learn(books, "create", { status: 422, ok: false });
  assert.equal(rights.refusal(books, "create"), "no scope");
  rights.learn(books, "create", { status: 201, ok: true });
  assert.equal(rights.refusal(books, "create"), undefined);
  rights.learn(books, "create", forbidden);
  here.signIn(fresh, { keep: false });
  assert.equal(rights.refusal(books, "create"), undefined);
  const owned = resource(true);
  rights.learn(owned, "update", forbidden, "1");
  assert.deepEqual([rights.refusal(owned, "update", "1"), rights.refusal(owned, "update", "2")], ["no scope", undefined]);
});

test("addresses name what they mean, whatever it is", () => {
  assert.equal(address("/a", { x: "1 + 1", none: undefined, many: [1, 2] }), "/a?x=1+%2B+1&many=1&many=2");
  assert.equal(address("/a", []), "/a");
  const { path, query } = parseHash(href(["resources", "a/b"], [["q", "ü&="]]));
  assert.deepEqual(match("resources/:resource", path), { resource: "a/b" });
  assert.deepEqual(query, [["q", "ü&="]]);
  assert.equal(match("resources/:resource", "resources"), null);
  assert.deepEqual(match("resources/:resource", "resources/%zz"), { resource: "%zz" });
});
