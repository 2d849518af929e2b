import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import type { Volume, VolumeMount } from "../../../../sandbox/node-agent/kube/types";
import { mountAll, setUpVolumes } from "../../../../sandbox/node-agent/volume/mount";
import { makePod, makeReferences } from "../fixtures/objects";

const dir = mkdtempSync(path.join(os.tmpdir(), "mount-"));
after(() => rmSync(dir, { recursive: true }));

const references = makeReferences(
  { keys: { bootstrap_api_key: "a:b" } },
  { config: { "emqx.conf": "mqtt {}", other: "x" } },
);
let roots = 0;

async function mount(volumes: Volume[], volumeMounts: VolumeMount[]): Promise<string> {
  const root = path.join(dir, `root-${roots++}`);
  const pod = makePod({ volumeMounts });
  const folders = await setUpVolumes(volumes, {
    pod,
    podIP: "10.88.1.2",
    references,
    folder: `${root}-volumes`,
    token: async (audience) => `token for ${audience ?? "the API server"}`,
    claimFolder: async () => dir,
  });
  await mountAll({ name: "emqx", volumeMounts }, root, folders, new Map([["POD", "p0"]]));
  return root;
}

test("a file of a ConfigMap appears alone by subPath, next to what is mounted around it", async () => {
  const root = await mount(
    [
      { name: "config", configMap: { name: "config" } },
      { name: "data", emptyDir: {} },
      { name: "keys", secret: { secretName: "keys", defaultMode: 0o400 } },
    ],
    [
      {
        name: "keys",
        mountPath: "/opt/emqx/data/bootstrap_api_key",
        subPath: "bootstrap_api_key",
      },
      { name: "data", mountPath: "/opt/emqx/data" },
      { name: "config", mountPath: "/opt/emqx/etc/emqx.conf", subPath: "emqx.conf" },
    ],
  );
  const read = (file: string) => readFileSync(path.join(root, file), "utf8");
  assert.equal(read("opt/emqx/etc/emqx.conf"), "mqtt {}");
  assert.equal(existsSync(path.join(root, "opt/emqx/etc/other")), false);
  assert.equal(read("opt/emqx/data/bootstrap_api_key"), "a:b");
  const mode = statSync(path.join(root, "opt/emqx/data/bootstrap_api_key")).mode & 0o777;
  assert.equal(mode, 0o400);
  writeFileSync(path.join(root, "opt/emqx/data/mnesia"), "kept");
  assert.equal(readFileSync(path.join(`${root}-volumes`, "data/mnesia"), "utf8"), "kept");
});

test("items choose keys, paths and modes", async () => {
  const items = [{ key: "emqx.conf", path: "sub/renamed.conf", mode: 0o600 }];
  const root = await mount(
    [{ name: "config", configMap: { name: "config", items } }],
    [{ name: "config", mountPath: "/etc/c" }],
  );
  const file = path.join(root, "etc/c/sub/renamed.conf");
  assert.equal(readFileSync(file, "utf8"), "mqtt {}");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(existsSync(path.join(root, "etc/c/other")), false);
});

test("a projected volume joins its sources", async () => {
  const sources = [
    { secret: { name: "keys" } },
    { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
    { serviceAccountToken: { path: "token" } },
    { configMap: { name: "kube-root-ca.crt" } },
  ];
  const root = await mount(
    [{ name: "all", projected: { sources } }],
    [{ name: "all", mountPath: "/p" }],
  );
  assert.equal(readFileSync(path.join(root, "p/bootstrap_api_key"), "utf8"), "a:b");
  assert.equal(readFileSync(path.join(root, "p/token"), "utf8"), "token for the API server");
  assert.equal(
    readFileSync(path.join(root, "p/labels"), "utf8"),
    'app="emqx"\nemqx.io/revision="abc"',
  );
});

test("subPathExpr is expanded with the container's environment", async () => {
  const root = await mount(
    [{ name: "data", emptyDir: {} }],
    [{ name: "data", mountPath: "/log", subPathExpr: "logs/$(POD)" }],
  );
  writeFileSync(path.join(root, "log/a"), "");
  assert.ok(existsSync(path.join(`${root}-volumes`, "data/logs/p0/a")));
});

test("a missing source fails in kubelet's words unless it is optional", async () => {
  await assert.rejects(
    mount([{ name: "v", configMap: { name: "nope" } }], []),
    /^MountError: MountVolume.SetUp failed for volume "v" : configmap "nope" not found$/,
  );
  await assert.rejects(
    mount([{ name: "v", secret: { secretName: "keys", items: [{ key: "k", path: "p" }] } }], []),
    /references non-existent secret key: k$/,
  );
  await mount([{ name: "v", secret: { secretName: "nope", optional: true } }], []);
});
