import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { KubernetesClient } from "../../components/kubernetes/client";
import { objectsOf } from "../../components/monitoring/monitoring";
import { createMonitoringProvider } from "../../components/monitoring/provider";
import type { MonitoringInputs, MonitoringOutputs } from "../../components/monitoring/types";
import { failure, FakeApi } from "../kubernetes/fake-api";

const GROUP = "/apis/monitoring.coreos.com/v1";
const PATIENCE = { totalMs: 400, firstPauseMs: 5, maxPauseMs: 20 };
const DEFINITIONS = ["podmonitors", "prometheusrules"];

let api: FakeApi;
/** Definitions that the cluster has. */
let definitions: string[];
let warnings: string[];
let reachable: boolean;

const provider = createMonitoringProvider({
  open: ({ kubeconfig }) => {
    if (!reachable) throw new Error("no route");
    return KubernetesClient.open({ kubeconfig }, PATIENCE);
  },
  sink: () => ({
    status: () => undefined,
    milestone: () => undefined,
    warn: (line) => warnings.push(line),
    close: async () => undefined,
  }),
});

const target = {
  name: "emqx",
  namespace: "ns",
  dialect: "v5",
  dashboardPortName: "dashboard",
} as const;
const inputs = (args: Parameters<typeof objectsOf>[0] = {}): MonitoringInputs => ({
  name: "emqx",
  namespace: "ns",
  objects: objectsOf(args, target, {}),
  kubeconfig: api.kubeconfig,
  __urn: "urn",
});

before(async () => {
  api = await new FakeApi().start();
});
beforeEach(() => {
  definitions = [...DEFINITIONS];
  warnings = [];
  reachable = true;
  api.objects.clear();
  api.requests.length = 0;
  // As a real API server: unknown paths are 404 until the definition is there.
  api.intercept = ({ path }) => {
    if (path === GROUP) {
      if (definitions.length === 0) return failure(404, "NotFound");
      return { status: 200, body: { resources: definitions.map((name) => ({ name })) } };
    }
    const plural = path.split("/")[6] ?? "";
    const known = !path.startsWith(GROUP) || definitions.includes(plural);
    return known ? undefined : failure(404, "NotFound");
  };
});
after(() => api.stop());

const stored = () => [...api.objects.keys()].sort();
const create = async (args?: Parameters<typeof objectsOf>[0]): Promise<MonitoringOutputs> =>
  (await provider.create(inputs(args))).outs;

test("applies both objects under its own field manager", async () => {
  const { id, outs } = await provider.create(inputs());
  assert.equal(id, "ns/emqx");
  assert.deepEqual(outs.installed, ["PodMonitor/emqx-metrics", "PrometheusRule/emqx-alerts"]);
  assert.deepEqual([outs.missing, outs.drifted, warnings], [[], [], []]);
  assert.deepEqual(stored(), ["podmonitors/emqx-metrics", "prometheusrules/emqx-alerts"]);
  const applies = api.requests.filter(({ method }) => method === "PATCH");
  assert.deepEqual(
    applies.map(({ query }) => query.get("fieldManager")),
    ["emqx-monitoring", "emqx-monitoring"],
  );
});

test("without the definitions nothing fails, and the message says what to do", async () => {
  definitions = [];
  const outs = await create();
  assert.deepEqual([outs.installed, outs.missing], [[], ["PodMonitor", "PrometheusRule"]]);
  assert.deepEqual(api.writes(), []);
  assert.match(
    warnings.join(),
    /PodMonitor and PrometheusRule \(monitoring\.coreos\.com\/v1\).*deployed without.*helm install.*`pulumi up` again/,
  );
});

test("one definition alone is used", async () => {
  definitions = ["podmonitors"];
  const outs = await create();
  assert.deepEqual(
    [outs.installed, outs.missing],
    [["PodMonitor/emqx-metrics"], ["PrometheusRule"]],
  );
  assert.match(warnings.join(), /prometheusRule: false/);
  assert.doesNotMatch(warnings.join(), /podMonitor: false/);
});

test("the same objects are no change, and no request", async () => {
  const outs = await create();
  api.requests.length = 0;
  assert.deepEqual(await provider.diff("id", outs, inputs()), { changes: false });
  assert.deepEqual(api.requests, []);
});

test("definitions that were installed later are a change; still missing ones are none", async () => {
  definitions = [];
  const outs = await create();
  assert.deepEqual(await provider.diff("id", outs, inputs()), { changes: false });
  definitions = [...DEFINITIONS];
  assert.deepEqual(await provider.diff("id", outs, inputs()), { changes: true });
  const { outs: now } = await provider.update("id", outs, inputs());
  assert.equal(now.installed.length, 2);
  reachable = false;
  assert.deepEqual(await provider.diff("id", outs, inputs()), { changes: false });
});

test("another setting is a change, another name or namespace a replacement", async () => {
  const outs = await create();
  const slow = inputs({ podMonitor: { interval: "30s" } });
  assert.deepEqual(await provider.diff("id", outs, slow), { changes: true });
  const elsewhere = { ...inputs(), namespace: "other" };
  assert.deepEqual(await provider.diff("id", outs, elsewhere), {
    changes: true,
    replaces: ["namespace"],
  });
});

test("a part that is switched off is deleted", async () => {
  const outs = await create();
  const { outs: now } = await provider.update("id", outs, inputs({ prometheusRule: false }));
  assert.deepEqual(now.installed, ["PodMonitor/emqx-metrics"]);
  assert.deepEqual(stored(), ["podmonitors/emqx-metrics"]);
});

test("a refresh shows what was changed or deleted, and the next update mends it", async () => {
  const outs = await create();
  const rule = api.objects.get("prometheusrules/emqx-alerts");
  assert.ok(rule);
  (rule.spec as { groups: unknown[] }).groups = [];
  api.objects.delete("podmonitors/emqx-metrics");

  const { id, props } = await provider.read("ns/emqx", outs);
  assert.equal(id, "ns/emqx");
  assert.deepEqual(props.installed, []);
  assert.deepEqual(props.drifted, ["PodMonitor/emqx-metrics", "PrometheusRule/emqx-alerts"]);
  assert.deepEqual(await provider.diff("id", props, inputs()), { changes: true });

  const { outs: now } = await provider.update("id", props, inputs());
  assert.deepEqual([now.installed.length, now.drifted], [2, []]);
  assert.deepEqual(await provider.read("ns/emqx", now), { id: "ns/emqx", props: now });
});

test("a destroy deletes what was installed, and no more than that", async () => {
  const outs = await create({ prometheusRule: false });
  api.put("prometheusrules", { kind: "PrometheusRule", metadata: { name: "emqx-alerts" } });
  await provider.delete("ns/emqx", outs);
  assert.deepEqual(stored(), ["prometheusrules/emqx-alerts"]);
  definitions = [];
  await provider.delete("ns/emqx", outs);
});

test("a refusal is shown with its code", async () => {
  const { intercept } = api;
  api.intercept = (request) =>
    request.method === "PATCH" ? failure(403, "Forbidden", "no right") : intercept?.(request);
  await assert.rejects(create(), /EMQX_KUBERNETES_DENIED: .*apply podmonitors\/emqx-metrics/);
});
