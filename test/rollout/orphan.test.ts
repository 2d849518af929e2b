import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, beforeEach, test } from "node:test";
import { EngineWatch, type EngineProcess } from "../../components/rollout/orphan";
import { eventually } from "../e2e/support/cluster";

let server: Server;
let parent = 7;
let exits: number[] = [];
let watches: EngineWatch[] = [];

/** A watch on an engine that listens where `address` says. */
function watch(engine: Partial<EngineProcess> = {}): EngineWatch {
  // A process that is to end does so even after its watch was closed, so each test counts its own.
  const mine = exits;
  const made = new EngineWatch({ parent: () => parent, exit: () => mine.push(1), ...engine });
  watches.push(made);
  return made;
}

beforeEach(async () => {
  parent = 7;
  exits = [];
  watches = [];
  server = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  for (const each of watches) each.close();
  server.close();
});

const address = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;

test("an engine that listens, with the parent of the beginning, is there", async () => {
  assert.equal(await watch({ address: address() }).gone(), false);
});

test("an engine whose port refuses is gone, whoever the parent is", async () => {
  const engine = watch({ address: address() });
  server.close();
  await once(server, "close");
  assert.equal(await engine.gone(), true);
});

test("another parent means that the engine is gone, also while its port is in use again", async () => {
  const engine = watch({ address: address() });
  parent = 1;
  assert.equal(await engine.gone(), true);
  parent = 7;
  assert.equal(await engine.gone(), true, "once gone it does not come back");
});

test("without any address the parent alone tells", async () => {
  for (const none of [undefined, "", "/usr/bin/node", "test.js"]) {
    assert.equal(await watch({ address: none }).gone(), false);
  }
  const engine = watch();
  parent = 1;
  assert.equal(await engine.gone(), true);
});

test("an address that cannot be asked is no proof", async () => {
  assert.equal(await watch({ address: "engine.invalid:1" }).gone(), false);
});

test("an orphan notices within seconds while nobody asks, and ends itself", async () => {
  watch({ address: address() });
  server.close();
  const ended = await eventually(
    async () => exits.length,
    (count) => count > 0,
    15,
  );
  assert.equal(ended, 1);
});

test("a watch that is closed in time ends nobody", async () => {
  const engine = watch({ address: address() });
  engine.close();
  parent = 1;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.deepEqual(exits, []);
});
