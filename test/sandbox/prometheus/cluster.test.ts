import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { MonitoringArgs, Target } from "../../../components/monitoring/args";
import { objectsOf } from "../../../components/monitoring/monitoring";
import { createMonitoringProvider } from "../../../components/monitoring/provider";
import type { MonitoringInputs, MonitoringOutputs } from "../../../components/monitoring/types";
import { KubernetesClient } from "../../../components/kubernetes/client";
import { admitAnyPod } from "../../../sandbox/control-plane/access";
import { KubeClient, MERGE_PATCH } from "../../../sandbox/node-agent/kube/client";
import type { KubeObject } from "../../../sandbox/node-agent/kube/types";
import { installDefinitions, removeDefinitions } from "../../../sandbox/prometheus/definitions";
import { PrometheusServer } from "../../../sandbox/prometheus/server";
import { sandboxDown, sandboxUp, type Sandbox } from "../../../sandbox/sandbox";
import { target as v5 } from "./promtool";

// One real API server and one real Prometheus, used by the tests in their order.
const GROUP = "/apis/monitoring.coreos.com/v1/namespaces/default";
const CORE = "/api/v1/namespaces/default";
const v4: Target = { ...v5, name: "ee", dialect: "v4", dashboardPortName: "http-dashboard" };
const parent = mkdtempSync(join(tmpdir(), "pulumi-emqx-prometheus-"));
const dir = join(parent, "sandbox");
const warnings: string[] = [];
const provider = createMonitoringProvider({
  open: (credentials) => KubernetesClient.open(credentials),
  sink: () => ({
    status: () => undefined,
    milestone: () => undefined,
    warn: (line) => warnings.push(line),
    close: async () => undefined,
  }),
});
let sandbox: Sandbox;
let api: KubeClient;
let prometheus: PrometheusServer | undefined;
let metrics: Server | undefined;
let outputs: MonitoringOutputs;

before(async () => {
  sandbox = await sandboxUp({ dir });
  api = await KubeClient.fromFile(sandbox.kubeconfig);
  await admitAnyPod(api, "default");
});
after(async () => {
  metrics?.closeAllConnections();
  metrics?.close();
  await prometheus?.stop();
  await sandboxDown({ dir, purge: true });
  rmSync(parent, { recursive: true, force: true });
});

function inputs(target: Target, args: MonitoringArgs = {}): MonitoringInputs {
  const { name, namespace } = target;
  const objects = objectsOf(args, target, { "app.kubernetes.io/managed-by": "pulumi-emqx" });
  return { name, namespace, objects, kubeconfig: sandbox.kubeconfig };
}

async function eventually<T>(ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (good(answer) || Date.now() > deadline) return answer;
    await sleep(250);
  }
}

test("without the operator's definitions the message says so, and nothing fails", async () => {
  ({ outs: outputs } = await provider.create(inputs(v5)));
  assert.deepEqual(outputs.missing, ["PodMonitor", "PrometheusRule"]);
  assert.match(warnings.join(), /definitions are not installed.*run `pulumi up` again/);
  assert.deepEqual(await provider.diff("", outputs, inputs(v5)), { changes: false });
});

test("once they are installed, the next update applies what was missing", async () => {
  await installDefinitions(sandbox.kubeconfig);
  assert.deepEqual(await provider.diff("", outputs, inputs(v5)), { changes: true });
  ({ outs: outputs } = await provider.update("", outputs, inputs(v5)));
  assert.deepEqual(outputs.installed, ["PodMonitor/emqx-metrics", "PrometheusRule/emqx-alerts"]);
  await api.get(`${GROUP}/podmonitors/emqx-metrics`);
  await api.get(`${GROUP}/prometheusrules/emqx-alerts`);
});

test("the definitions accept every setting of both dialects, and a refresh finds no drift", async () => {
  const every: MonitoringArgs = {
    podMonitor: { interval: "5s", labels: { release: "x" }, basicAuthSecret: "emqx-basic-auth" },
    prometheusRule: { licensedSessions: 10, dipPercent: 50, stuckMinutes: 1 },
  };
  for (const given of [inputs(v4, every), inputs({ ...v5, name: "other" }, every)]) {
    const { outs } = await provider.create(given);
    assert.equal(outs.installed.length, 2);
    const { props } = await provider.read("", outs);
    assert.deepEqual(props, outs);
    await provider.delete("", outs);
  }
});

test("a broken object is refused, with what the definition says about it", async () => {
  const broken = inputs(v5, { podMonitor: { interval: "often" }, prometheusRule: false });
  await assert.rejects(
    provider.update("", outputs, broken),
    /EMQX_KUBERNETES_ERROR: .*apply podmonitors\/emqx-metrics.*interval/s,
  );
});

test("a change by somebody else is shown by a refresh and mended by an update", async () => {
  const path = `${GROUP}/podmonitors/emqx-metrics`;
  await api.delete(`${GROUP}/prometheusrules/emqx-alerts`);
  await api.patch(path, { spec: { jobLabel: "mine" } }, MERGE_PATCH);
  const { props } = await provider.read("", outputs);
  assert.deepEqual(props.drifted, ["PodMonitor/emqx-metrics", "PrometheusRule/emqx-alerts"]);
  assert.deepEqual(await provider.diff("", props, inputs(v5)), { changes: true });
  ({ outs: outputs } = await provider.update("", props, inputs(v5)));
  assert.deepEqual((await provider.read("", outputs)).props.drifted, []);
});

test("Prometheus scrapes the selected pods with the Secret's credentials and the labels of the pods", async () => {
  const [address, seen] = ["127.88.255.9", [] as { url?: string; authorization?: string }[]];
  metrics = createServer(({ url, headers }, response) => {
    seen.push({ url, authorization: headers.authorization });
    response.end("emqx_connections_count 42\nemqx_cluster_nodes_stopped 0\n");
  });
  await new Promise<void>((listening) => metrics?.listen(18083, address, listening));
  await createPod("ee-abc-0", "10.88.255.9");
  await api.create(`${CORE}/secrets`, {
    metadata: { name: "emqx-basic-auth" },
    type: "kubernetes.io/basic-auth",
    stringData: { username: "admin", password: "public" },
  });
  const args = { podMonitor: { interval: "1s", basicAuthSecret: "emqx-basic-auth" } };
  await provider.create(inputs(v4, args));
  prometheus = await PrometheusServer.start({ dir, kubeconfig: sandbox.kubeconfig });
  const { api: asked } = prometheus;

  const samples = await eventually(
    () => asked.query('emqx_connections_count{emqx_cluster="ee"}'),
    ([sample]) => sample !== undefined,
  );
  assert.equal(samples[0]?.value, 42, JSON.stringify(await asked.targets()));
  const { namespace, pod, role, instance_set, instance, job } = samples[0]?.labels ?? {};
  assert.deepEqual(
    { namespace, pod, role, instance_set, instance, job },
    {
      namespace: "default",
      pod: "ee-abc-0",
      role: "core",
      instance_set: "abc",
      instance: "10.88.255.9:18083",
      job: "ee",
    },
  );
  assert.deepEqual(seen[0], {
    url: "/api/v4/emqx_prometheus?type=prometheus",
    authorization: `Basic ${Buffer.from("admin:public").toString("base64")}`,
  });
});

test("Prometheus evaluates the rules of every PrometheusRule without errors", async () => {
  const asked = prometheus?.api;
  assert.ok(asked);
  const rules = await eventually(
    () => asked.rules(),
    (all) => all.length === 14 && all.every(({ health }) => health === "ok"),
  );
  assert.equal(rules.length, 14, "two clusters with seven rules each");
  assert.deepEqual(
    rules.filter(({ health }) => health !== "ok"),
    [],
  );
  const recorded = await eventually(
    () => asked.query('emqx:connections:by_set{emqx_cluster="ee"}'),
    ([sample]) => sample !== undefined,
  );
  assert.deepEqual(
    recorded.map(({ value }) => value),
    [42],
  );
});

test("a destroy deletes the objects, also when their definitions went before", async () => {
  await provider.delete("", outputs);
  const left = await api.get<{ items: KubeObject[] }>(`${GROUP}/podmonitors`);
  assert.deepEqual(
    left.items.map(({ metadata }) => metadata.name),
    ["ee-metrics"],
  );
  await removeDefinitions(sandbox.kubeconfig);
  await provider.delete("", outputs);
});

/** A pod that no node takes, so that nobody but this test gives it an address. */
async function createPod(name: string, podIP: string): Promise<void> {
  await api.create(`${CORE}/pods`, {
    metadata: {
      name,
      labels: {
        "app.kubernetes.io/name": "emqx",
        "app.kubernetes.io/instance": "ee",
        "emqx.io/revision": "abc",
        "app.kubernetes.io/component": "core",
      },
    },
    spec: {
      schedulerName: "nobody",
      containers: [
        {
          name: "emqx",
          image: "emqx/emqx-ee:4.4.14",
          ports: [{ name: "http-dashboard", containerPort: 18083 }],
        },
      ],
    },
  });
  await api.patch(
    `${CORE}/pods/${name}/status`,
    { status: { podIP, podIPs: [{ ip: podIP }] } },
    MERGE_PATCH,
  );
}
