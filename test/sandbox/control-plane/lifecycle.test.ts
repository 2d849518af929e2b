import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type * as k8s from "@kubernetes/client-node" with { "resolution-mode": "import" };
import { admitAnyPod } from "../../../sandbox/control-plane/access";
import { tryBind } from "../../../sandbox/control-plane/ports";
import { KubeClient } from "../../../sandbox/node-agent/kube/client";
import { sandboxAttach, sandboxDown, sandboxStatus, sandboxUp } from "../../../sandbox/sandbox";
import { isAlive, identify } from "../../../sandbox/toolchain/process-identity";
import { repositoryRoot } from "../../../sandbox/toolchain/repository";

// One real sandbox, used by the tests in their order: starting one takes seconds.
const parent = mkdtempSync(join(tmpdir(), "pulumi-emqx-test-"));
const dir = join(parent, "sandbox");
const log: string[] = [];
const up = (port?: number) => sandboxUp({ dir, port, log: (line) => log.push(line) });

const run = promisify(execFile);

async function client<T extends k8s.ApiType>(
  api: (module: typeof k8s) => new (config: k8s.Configuration) => T,
): Promise<T> {
  const module = await import("@kubernetes/client-node");
  const config = new module.KubeConfig();
  config.loadFromFile(join(dir, "kubeconfig"));
  return config.makeApiClient(api(module));
}

async function eventually<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error("did not happen within a minute");
}

before(async () => {
  const { kubeconfig } = await up();
  await admitAnyPod(await KubeClient.fromFile(kubeconfig), "default");
});
after(async () => {
  await sandboxDown({ dir, purge: true });
  rmSync(parent, { recursive: true, force: true });
});

test("a second up attaches to the running sandbox", async () => {
  const before = await sandboxStatus(dir);
  assert.equal(before.phase, "running");
  const sandbox = await up();
  assert.equal(sandbox.server, before.server);
  assert.deepEqual(await sandboxStatus(dir), before);
  assert.match(log.at(-1) ?? "", /runs already/);
});

test("the kubeconfig is cluster-admin's and verifies the server", async () => {
  const core = await client(({ CoreV1Api }) => CoreV1Api);
  const { items } = await core.listNamespace();
  assert.ok(items.some(({ metadata }) => metadata?.name === "kube-system"));
  const node = await eventually(async () => (await core.listNode()).items[0]);
  assert.equal(node.status?.addresses?.[0]?.type, "InternalIP");
});

test("controllers act: a StatefulSet's pods are created and a Service gets an EndpointSlice", async () => {
  const apps = await client(({ AppsV1Api }) => AppsV1Api);
  const core = await client(({ CoreV1Api }) => CoreV1Api);
  const labels = { app: "sleeper" };
  const ports = [{ port: 1883 }];
  await core.createNamespacedService({
    namespace: "default",
    body: { metadata: { name: "sleeper" }, spec: { clusterIP: "None", selector: labels, ports } },
  });
  await apps.createNamespacedStatefulSet({
    namespace: "default",
    body: {
      metadata: { name: "sleeper" },
      spec: {
        serviceName: "sleeper",
        replicas: 2,
        podManagementPolicy: "Parallel",
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: "emqx", image: "example.org/none:1" }] },
        },
      },
    },
  });
  const labelSelector = "app=sleeper";
  const pods = await eventually(async () => {
    const { items } = await core.listNamespacedPod({ namespace: "default", labelSelector });
    return items.length === 2 && items;
  });
  assert.deepEqual(pods.map(({ metadata }) => metadata?.name).sort(), ["sleeper-0", "sleeper-1"]);
  const discovery = await client(({ DiscoveryV1Api }) => DiscoveryV1Api);
  await eventually(async () => {
    const { items } = await discovery.listNamespacedEndpointSlice({ namespace: "default" });
    return items.some(({ metadata }) => metadata?.name?.startsWith("sleeper-"));
  });
});

test("the audit log tells every write with its user and user agent, and no read", async () => {
  const { auditLog } = await sandboxAttach(dir);
  const lines = readFileSync(auditLog, "utf8").trimEnd().split("\n");
  const events = lines.map(
    (line) =>
      JSON.parse(line) as {
        verb: string;
        userAgent: string;
        user: { username: string };
        objectRef: { resource: string; name?: string };
        requestObject?: unknown;
      },
  );
  const created = events.find(
    ({ verb, objectRef }) => verb === "create" && objectRef.resource === "statefulsets",
  );
  assert.equal(created?.user.username, "sandbox-admin");
  assert.notEqual(created?.userAgent ?? "", "");
  assert.ok(
    events.some(({ user }) => user.username.endsWith(":statefulset-controller")),
    "controllers have their own users",
  );
  assert.ok(events.some(({ user }) => user.username === "sandbox-node-agent"));
  const writes = ["create", "update", "patch", "delete", "deletecollection"];
  assert.ok(events.every(({ verb }) => writes.includes(verb)));
  assert.ok(events.every(({ requestObject }) => requestObject === undefined));
});

test("plain pulumi runs a program with a dynamic resource, without a warning", async () => {
  const { env } = await sandboxAttach(dir);
  const program = join(parent, "program");
  mkdirSync(program);
  symlinkSync(join(repositoryRoot(), "node_modules"), join(program, "node_modules"));
  writeFileSync(join(program, "Pulumi.yaml"), "name: program\nruntime: nodejs\n");
  writeFileSync(join(program, "package.json"), '{ "name": "program", "main": "index.js" }');
  writeFileSync(
    join(program, "index.js"),
    `const { dynamic } = require("@pulumi/pulumi");
const provider = { create: async ({ value }) => ({ id: "one", outs: { value, twice: 2 * value } }) };
class Twice extends dynamic.Resource {
  constructor(name, props) { super(provider, name, { twice: undefined, ...props }); }
}
exports.twice = new Twice("twice", { value: 21 }).twice;`,
  );
  const options = { cwd: program, env: { ...process.env, ...env } };
  const pulumi = (...args: string[]) => run("pulumi", [...args, "--non-interactive"], options);
  await pulumi("stack", "init", "test");
  const { stdout, stderr } = await pulumi("up", "--yes", "--skip-preview");
  assert.doesNotMatch(stdout + stderr, /warning/i);
  assert.equal((await pulumi("stack", "output", "twice")).stdout, "42\n");
});

test("a part that crashed is noticed, and up repairs the sandbox with what it stored", async () => {
  const { components } = await sandboxStatus(dir);
  const manager = components.find(({ name }) => name === "kube-controller-manager");
  const identity = identify(manager?.pid ?? 0);
  assert.ok(identity);
  process.kill(identity.pid, "SIGKILL");
  await eventually(() => Promise.resolve(!isAlive(identity)));
  assert.equal((await sandboxStatus(dir)).phase, "broken");
  await assert.rejects(sandboxAttach(dir), { code: "SANDBOX_NOT_RUNNING" });
  await up();
  assert.equal((await sandboxStatus(dir)).phase, "running");
  const apps = await client(({ AppsV1Api }) => AppsV1Api);
  const { items } = await apps.listNamespacedStatefulSet({ namespace: "default" });
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ["sleeper"],
  );
});

test("down leaves no process and no port, and purge no folder", async () => {
  const { components } = await sandboxStatus(dir);
  assert.equal(components.length, 4);
  const identities = components.map(({ pid }) => identify(pid));
  await sandboxDown({ dir });
  for (const identity of identities) assert.ok(identity && !isAlive(identity));
  for (const port of components.flatMap(({ ports }) => ports)) {
    assert.equal(await tryBind("127.0.0.1", port), undefined, `port ${port}`);
  }
  assert.equal((await sandboxStatus(dir)).phase, "stopped");
  await sandboxDown({ dir, purge: true });
  assert.equal(existsSync(dir), false);
});

test("a start that is interrupted leaves nothing running", async () => {
  const controller = new AbortController();
  const interrupt = (line: string): void => {
    if (line.startsWith("Started kube-apiserver")) controller.abort();
  };
  const starting = sandboxUp({ dir, log: interrupt, signal: controller.signal });
  await assert.rejects(starting, { code: "SANDBOX_ABORTED" });
  assert.equal((await sandboxStatus(dir)).phase, "stopped");
});
