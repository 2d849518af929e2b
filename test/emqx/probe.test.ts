import assert from "node:assert/strict";
import { test } from "node:test";
import type { EmqxClient, LocalEvacuation } from "../../components/emqx/api";
import { Probe } from "../../components/emqx/probe";

interface Node {
  version: string | undefined;
  edition?: string;
  evacuation?: () => Promise<LocalEvacuation>;
}

let now = 0;

function probe(given: Partial<Node>): Probe {
  const node: Node = { version: "6.1.0", ...given };
  const client: Partial<EmqxClient> = {
    node: async () => ({
      node: "emqx@a",
      node_status: "running",
      version: node.version,
      edition: node.edition ?? "Enterprise",
      connections: 3,
      live_connections: 2,
    }),
    connectedTotal: async () => 7,
    view: async () => ({ "emqx@a": "running" }),
    evacuation: node.evacuation ?? (async () => ({ state: "unsupported" })),
  };
  return new Probe(client as EmqxClient, "a-0", "emqx@a", () => now);
}

async function stateOf(asked: Probe): Promise<string | undefined> {
  return (await asked.ask())?.evacuation?.state;
}

test("a 404 is believed of open source and of releases before evacuation", async () => {
  assert.equal(await stateOf(probe({ version: "5.8.6", edition: "Opensource" })), "unsupported");
  assert.equal(await stateOf(probe({ version: "4.4.11" })), "unsupported");
  assert.equal(await stateOf(probe({ version: "5.0.3" })), "unsupported");
});

test("a 404 of a release that has evacuation is unknown, however long it lasts", async () => {
  const asked = probe({ version: "6.1.0" });
  now = 0;
  assert.equal(await stateOf(asked), "unknown");
  now = 3_600_000;
  const answers = await asked.ask();
  assert.equal(answers?.evacuation?.state, "unknown");
  assert.match(answers?.trouble ?? "", /6\.1\.0 answers 404/);
});

for (const edition of ["Enterprise", "Opensource"]) {
  test(`a 404 of ${edition} that does not tell its version is unknown, however long it lasts`, async () => {
    for (const version of [undefined, "", "5", "4.4", "unknown"]) {
      const asked = probe({ version, edition });
      now = 0;
      assert.equal(await stateOf(asked), "unknown", String(version));
      now = 3_600_000;
      const answers = await asked.ask();
      assert.equal(answers?.evacuation?.state, "unknown", String(version));
      assert.match(answers?.trouble ?? "", /answers 404 .* version ".*" does not tell/);
    }
  });
}

test("4.4 may lack its plugins: a 404 is believed when it has lasted", async () => {
  let state: LocalEvacuation["state"] = "unsupported";
  const asked = probe({ version: "4.4.24", evacuation: async () => ({ state }) });
  now = 0;
  assert.equal(await stateOf(asked), "unknown");
  now = 9_000;
  state = "disabled";
  assert.equal(await stateOf(asked), "disabled");
  state = "unsupported";
  assert.equal(await stateOf(asked), "unknown", "the time begins anew");
  now = 19_000;
  assert.equal(await stateOf(asked), "unsupported");
});

test("what keeps a state from being known is told, and the counts are there", async () => {
  const evacuation = () => Promise.reject(new Error("EMQX answered 503"));
  const answers = await probe({ evacuation }).ask();
  assert.equal(answers?.status.connections, 3);
  assert.equal(answers?.connectedTotal, 7);
  assert.deepEqual(
    [answers?.evacuation?.state, answers?.trouble],
    ["unknown", "EMQX answered 503"],
  );
});

test("a node that says nothing about its evacuation is unknown, and why is told", async () => {
  const answers = await probe({ evacuation: () => new Promise(() => undefined) }).ask();
  assert.equal(answers?.evacuation?.state, "unknown");
  assert.match(answers?.trouble ?? "", /does not say in time/);
});
