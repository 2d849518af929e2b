import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeClient } from "../../../../sandbox/node-agent/kube/client";
import { Reflector } from "../../../../sandbox/node-agent/kube/reflector";
import type { KubeObject } from "../../../../sandbox/node-agent/kube/types";

const object = (name: string, resourceVersion: string, uid = name): KubeObject => ({
  metadata: { name, namespace: "mqtt", uid, resourceVersion },
});
const line = (type: string, of: object) => JSON.stringify({ type, object: of });

/** Plays lists and watches; `done` resolves when both scripts are used up. */
function script(lists: KubeObject[][], watches: string[][]) {
  let finish: () => void;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const client: Pick<KubeClient, "get" | "watch"> = {
    get: async <T>() => {
      const items = lists.shift();
      if (items) return { metadata: { resourceVersion: "1" }, items } as T;
      finish();
      return new Promise<T>(() => undefined);
    },
    watch: async (_path, onLine) => watches.shift()?.forEach(onLine),
  };
  return { client: client as KubeClient, done };
}

async function reflect(lists: KubeObject[][], watches: string[][]) {
  const { client, done } = script(lists, watches);
  const said: string[] = [];
  const reflector = new Reflector<KubeObject>(
    client,
    "/api/v1/pods",
    {
      changed: ({ metadata }, previous) =>
        said.push(`${previous ? "changed" : "new"} ${metadata.name}/${metadata.uid}`),
      gone: ({ metadata }) => said.push(`gone ${metadata.name}/${metadata.uid}`),
    },
    (text) => said.push(text.replace(/^.*starts again: /, "log ")),
  );
  await reflector.start();
  await done;
  reflector.stop();
  return { said, names: [...reflector.items.keys()] };
}

test("events are told once, and a repeated list tells nothing new", async () => {
  const { said, names } = await reflect(
    [[object("a", "1")], [object("a", "2"), object("b", "3")]],
    [[line("MODIFIED", object("a", "2")), line("ADDED", object("b", "3"))]],
  );
  assert.deepEqual(said, ["new a/a", "changed a/a", "new b/b"]);
  assert.deepEqual(names, ["mqtt/a", "mqtt/b"]);
});

test("what a watch missed is found by the next list", async () => {
  const { said } = await reflect([[object("a", "1"), object("b", "1")], [object("b", "9")]], [[]]);
  assert.deepEqual(said, ["new a/a", "new b/b", "gone a/a", "changed b/b"]);
});

test("an object that was replaced under its name is gone first, then new", async () => {
  const { said } = await reflect(
    [[object("a", "1", "old")], [object("a", "5", "new")]],
    [[line("ADDED", object("a", "5", "new"))]],
  );
  assert.deepEqual(said, ["new a/old", "gone a/old", "new a/new"]);
});

test("a watch that is ended by an error is followed by a new list", async () => {
  const { said } = await reflect(
    [[], [object("a", "1")]],
    [[line("ERROR", { code: 410, reason: "Expired" })]],
  );
  assert.match(said[0] ?? "", /^log Error: the API server ended the watch: .*Expired/);
  assert.equal(said[1], "new a/a");
});
