import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import {
  commonLabels,
  CONFIG_DIGEST_ANNOTATION,
  LICENSE_DIGEST_ANNOTATION,
} from "../../components/labels";
import type { Action } from "../../components/rollout/types";
import { code } from "../support/error-code";
import { settings, World } from "./io-fixtures";

const CONFIGURE = "PUT /configs?mode=merge&ignore_readonly=true";
const PODS = ["c-core-a-0", "c-core-a-1"];
let world: World;
before(async () => {
  world = await World.start();
});
beforeEach(async () => {
  world.reset();
  await world.addSet("a", 2);
  await world.addSet("r", 0, "replicant");
  for (const revision of ["a", "r"]) {
    world.api.put("configmaps", {
      kind: "ConfigMap",
      metadata: {
        name: `c-config-${revision}`,
        labels: commonLabels("c"),
        annotations: {
          [CONFIG_DIGEST_ANNOTATION]: "config-old",
          [LICENSE_DIGEST_ANNOTATION]: "license-old",
        },
      },
      data: { "emqx.conf": "old" },
    });
  }
});
afterEach(async () => {
  for (const node of world.nodes.values()) await node.stop();
  world.nodes.clear();
});
after(() => world.stop());

const act = (action: Action) => world.connection.cluster.act(action);
const node = (index: number) => world.nodes.get(PODS[index]!)!;
const map = (revision: string): Record<string, unknown> => {
  const { data, metadata } = world.api.objects.get(`configmaps/c-config-${revision}`)!;
  return { data, ...metadata.annotations };
};
const OLD = {
  data: { "emqx.conf": "old" },
  [CONFIG_DIGEST_ANNOTATION]: "config-old",
  [LICENSE_DIGEST_ANNOTATION]: "license-old",
};

test("a configuration is sent as HOCON to one node, then noted in the ConfigMaps only", async () => {
  node(0).answers.set(CONFIGURE, { status: 200 });
  await act({ do: "configure", revisions: ["a", "r"], via: PODS });
  const [sent, ...others] = node(0).requests;
  assert.deepEqual(sent, {
    method: "PUT",
    path: "/configs?mode=merge&ignore_readonly=true",
    body: settings.hocon,
    contentType: "text/plain",
  });
  assert.deepEqual([...others, ...node(1).requests], []);
  assert.deepEqual(world.api.writes(), [
    "PATCH configmaps/c-config-a",
    "PATCH configmaps/c-config-r",
  ]);
  for (const revision of ["a", "r"]) {
    assert.deepEqual(map(revision), {
      ...OLD,
      mine: "1",
      data: { "emqx.conf": "new" },
      [CONFIG_DIGEST_ANNOTATION]: "config-new",
    });
  }
});

test("a node that cannot answer is passed over, a rejection is final and nothing is noted", async () => {
  node(0).answers.set(CONFIGURE, { status: 503, body: "busy" });
  node(1).answers.set(CONFIGURE, { status: 400, body: { errors: "no" } });
  const configure: Action = { do: "configure", revisions: ["a"], via: PODS };
  await assert.rejects(act(configure), code("EMQX_CONFIG_REJECTED", "c-core-a-1", "no"));
  node(0).answers.set(CONFIGURE, { status: 400, body: { errors: "no" } });
  await assert.rejects(act(configure), code("EMQX_CONFIG_REJECTED", "c-core-a-0"));
  assert.equal(node(1).requests.length, 1);
  node(0).answers.set(CONFIGURE, { status: 500, body: "RPC" });
  node(1).answers.set(CONFIGURE, { status: 500, body: "RPC" });
  await assert.rejects(act(configure), code("EMQX_API_UNREACHABLE"));
  assert.deepEqual(map("a"), OLD);
});

test("without a node to ask the settings are only noted", async () => {
  await act({ do: "configure", revisions: ["a"], via: [] });
  assert.equal(map("a")[CONFIG_DIGEST_ANNOTATION], "config-new");
  assert.deepEqual(node(0).requests, []);
});

test("a licence comes from its Secret, and its note leaves the configuration alone", async () => {
  node(0).answers.set("POST /license", { status: 200, body: { type: "official" } });
  await act({ do: "renewLicense", revisions: ["a"], via: PODS });
  assert.deepEqual(JSON.parse(node(0).requests[0]!.body), { key: "l1cence-key" });
  assert.deepEqual(map("a"), { ...OLD, mine: "1", [LICENSE_DIGEST_ANNOTATION]: "license-new" });
  assert.deepEqual(world.api.writes(), ["PATCH configmaps/c-config-a"]);
});

test("a licence whose Secret is gone is named with what to do", async () => {
  world.api.objects.delete("secrets/c-license");
  await assert.rejects(
    act({ do: "renewLicense", revisions: ["a"], via: PODS }),
    code("EMQX_KUBERNETES_ERROR", "Secret ns/c-license, key license", "pulumi up --refresh"),
  );
});

test("a ConfigMap that is gone is made again, with what is in force only", async () => {
  world.api.objects.delete("configmaps/c-config-a");
  await act({ do: "renewLicense", revisions: ["a"], via: [] });
  assert.deepEqual(map("a"), {
    data: { "emqx.conf": "new" },
    mine: "1",
    [LICENSE_DIGEST_ANNOTATION]: "license-new",
  });
});
