import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { ApiClient } from "../../../sandbox/plugins/kubernetes/api-client";
import { connection } from "../../../sandbox/plugins/kubernetes/kubeconfig";
import { at, type JsonObject } from "../../../sandbox/plugins/rpc/json";
import { sandboxDown, sandboxUp } from "../../../sandbox/sandbox";
import { repositoryRoot } from "../../../sandbox/toolchain/repository";

// The real CLI and SDKs on the stand-ins and a real API server; the tests are one story in order.
const parent = mkdtempSync(join(tmpdir(), "pulumi-emqx-test-"));
const dir = join(parent, "sandbox");
const project = join(parent, "project");
const SERVICE = "/api/v1/namespaces/trial/services/svc";
let env: Record<string, string | undefined>;
let api: ApiClient;

const PROGRAM = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const label = new pulumi.Config().get("label") ?? "one";
const labels = { app: "trial", label };
const namespace = new k8s.core.v1.Namespace("ns", { metadata: { name: "trial" } });
const meta = (name: string) => ({ name, namespace: namespace.metadata.name, labels });
const skipAwait = { "pulumi.com/skipAwait": "true" };
const password = new random.RandomPassword("pw", { length: 20, special: false });
const id = new random.RandomId("id", { byteLength: 4 });
new k8s.core.v1.ServiceAccount("sa", { metadata: meta("sa") });
new k8s.core.v1.Secret("secret", {
  metadata: meta("secret"),
  stringData: { password: password.result },
});
new k8s.core.v1.ConfigMap("config", {
  metadata: { name: "config", namespace: namespace.metadata.name },
  data: { label },
});
const service = new k8s.core.v1.Service("svc", {
  metadata: { ...meta("svc"), annotations: skipAwait },
  spec: { ports: [{ name: "mqtt", port: 1883 }] },
});
new k8s.core.v1.Service("headless", {
  metadata: meta("headless"),
  spec: { clusterIP: "None", selector: { app: "trial" }, ports: [{ name: "ekka", port: 4370 }] },
});
new k8s.policy.v1.PodDisruptionBudget("pdb", {
  metadata: meta("pdb"),
  spec: { maxUnavailable: 1, selector: { matchLabels: { app: "trial" } } },
});
export const uid = service.metadata.uid;
export const hex = id.hex;
export const result = password.result;
`;

before(async () => {
  const sandbox = await sandboxUp({ dir });
  env = {
    ...process.env,
    ...sandbox.env,
    KUBECONFIG: sandbox.kubeconfig,
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
  api = new ApiClient(connection(sandbox.kubeconfig, {}));
  mkdirSync(project);
  symlinkSync(join(repositoryRoot(), "node_modules"), join(project, "node_modules"));
  writeFileSync(join(project, "Pulumi.yaml"), "name: trial\nruntime: nodejs\n");
  writeFileSync(join(project, "package.json"), '{ "name": "trial", "main": "index.ts" }');
  writeFileSync(
    join(project, "tsconfig.json"),
    '{ "compilerOptions": { "module": "commonjs", "moduleResolution": "node", "target": "es2020", "skipLibCheck": true } }',
  );
  writeFileSync(join(project, "index.ts"), PROGRAM);
  await pulumi("stack", "init", "dev");
});
after(async () => {
  api?.close();
  await sandboxDown({ dir, purge: true });
  rmSync(parent, { recursive: true, force: true });
});

async function pulumi(...args: string[]): Promise<string> {
  const command = [...args, "--non-interactive"];
  return new Promise((resolve, reject) => {
    execFile("pulumi", command, { cwd: project, env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`pulumi ${args.join(" ")} failed:\n${stdout}${stderr}`));
    });
  });
}

interface Summary {
  changes: Record<string, number>;
  types: Record<string, string>;
}

/** Runs an operation and returns what it did: counts, and the operation by resource. */
async function operate(...args: string[]): Promise<Summary> {
  const lines = (await pulumi(...args, "--yes", "--skip-preview", "--json")).trim().split("\n");
  const events = lines.flatMap((line) => {
    try {
      return [JSON.parse(line) as JsonObject];
    } catch {
      return [];
    }
  });
  const types: Summary["types"] = {};
  let changes: Summary["changes"] = {};
  for (const event of events) {
    const urn = at(event, "resourcePreEvent", "metadata", "urn");
    const op = at(event, "resourcePreEvent", "metadata", "op");
    if (typeof urn === "string") types[urn.split("::").at(-1) ?? ""] = String(op);
    const counted = at(event, "summaryEvent", "resourceChanges");
    if (counted !== undefined) changes = counted as Record<string, number>;
  }
  return { changes, types };
}

test("everything is created, and the password is in the state in no clear form", async () => {
  const preview = await pulumi("preview");
  assert.match(preview, /10 to create/);
  const { changes } = await operate("up");
  assert.deepEqual(changes, { create: 10 });
  const password = (await pulumi("stack", "output", "result", "--show-secrets")).trim();
  assert.match(password, /^[A-Za-z0-9]{20}$/);
  const state = await pulumi("stack", "export");
  assert.ok(!state.includes(password));
  assert.ok(!state.includes(Buffer.from(password).toString("base64")));
  const secret = await api.send("GET", "/api/v1/namespaces/trial/secrets/secret");
  assert.equal(at(secret, "data", "password"), Buffer.from(password).toString("base64"));
});

test("an up without a change does nothing", async () => {
  assert.deepEqual((await operate("up")).changes, { same: 10 });
});

test("a changed label updates in place and leaves a foreign selector alone", async () => {
  const metadata = { name: "svc", namespace: "trial" };
  const selector = { color: "blue" };
  await api.send(
    "PATCH",
    SERVICE,
    { fieldManager: "emqx-rollout" },
    {
      contentType: "application/apply-patch+yaml",
      value: { apiVersion: "v1", kind: "Service", metadata, spec: { selector } },
    },
  );
  await pulumi("config", "set", "label", "two");
  const { changes, types } = await operate("up");
  assert.deepEqual(changes, { same: 4, update: 5, replace: 1 });
  assert.equal(types["svc"], "update");
  const live = await api.send("GET", SERVICE);
  assert.deepEqual(at(live, "spec", "selector"), selector);
  assert.equal(at(live, "metadata", "labels", "label"), "two");
});

test("a refresh finds nothing that the program would change", async () => {
  await operate("refresh");
  assert.deepEqual((await operate("up")).changes, { same: 10 });
});

test("an object that somebody deleted is created again after a refresh", async () => {
  await api.send("DELETE", SERVICE);
  await operate("refresh");
  const { types, changes } = await operate("up");
  assert.deepEqual([types["svc"], changes], ["create", { same: 9, create: 1 }]);
});

test("destroy deletes everything", async () => {
  assert.deepEqual((await operate("destroy")).changes, { delete: 10 });
  await assert.rejects(api.send("GET", "/api/v1/namespaces/trial"), /not found/);
});
