import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { createMonitoring as Create } from "../../components/monitoring/monitoring";
import { siteOf } from "../../components/child";

const target = {
  name: "mqtt",
  namespace: "ns",
  dialect: "v5",
  dashboardPortName: "dashboard",
} as const;

describe("createMonitoring", () => {
  const registered: pulumi.runtime.MockResourceArgs[] = [];
  let createMonitoring: typeof Create;

  before(async () => {
    await pulumi.runtime.setMocks(
      {
        newResource(args) {
          registered.push(args);
          return { id: `${args.name}-id`, state: args.inputs };
        },
        call: ({ inputs }) => inputs,
      },
      "project",
      "stack",
      false,
    );
    ({ createMonitoring } = await import("../../components/monitoring/monitoring.js"));
  });
  beforeEach(() => {
    registered.length = 0;
  });

  async function made(
    args: Parameters<typeof Create>[1],
    credentials?: Parameters<typeof Create>[3],
  ) {
    const site = siteOf("emqx", { name: "mqtt", namespace: "ns" }, {});
    const { objects, dashboard } = createMonitoring(site, args, target, credentials);
    for (const each of [objects?.urn, dashboard?.urn]) {
      if (each) await new Promise((resolve) => each.apply(resolve));
    }
    return new Map(registered.map((each) => [each.name, each]));
  }

  test("makes nothing unless it is asked for", async () => {
    assert.equal((await made(undefined)).size, 0);
  });

  test("makes everything of an empty object", async () => {
    const all = await made({});
    assert.deepEqual([...all.keys()].sort(), ["emqx-grafana-dashboard", "emqx-monitoring"]);
    const objects = all.get("emqx-monitoring")?.inputs.objects as { kind: string }[];
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      ["PodMonitor", "PrometheusRule"],
    );
  });

  test("makes no resource for parts that are switched off", async () => {
    const none = { podMonitor: false, prometheusRule: false, grafanaDashboard: false };
    assert.equal((await made(none)).size, 0);
  });

  test("the dashboard is a ConfigMap that Grafana's sidecar finds", async () => {
    const all = await made({
      grafanaDashboard: { folder: "MQTT", labels: { team: "iot" }, annotations: { a: "b" } },
    });
    const { metadata, data } = all.get("emqx-grafana-dashboard")?.inputs as {
      metadata: { name: string; namespace: string; labels: object; annotations: object };
      data: Record<string, string>;
    };
    assert.equal(metadata.name, "mqtt-grafana-dashboard");
    assert.equal(metadata.namespace, "ns");
    assert.deepEqual(metadata.labels, {
      grafana_dashboard: "1",
      team: "iot",
      "app.kubernetes.io/name": "emqx",
      "app.kubernetes.io/instance": "mqtt",
      "app.kubernetes.io/managed-by": "pulumi-emqx",
    });
    assert.deepEqual(metadata.annotations, { grafana_folder: "MQTT", a: "b" });
    assert.deepEqual(Object.keys(data), ["emqx-ns-mqtt.json"]);
    const model = JSON.parse(data["emqx-ns-mqtt.json"] ?? "") as { title: string };
    assert.equal(model.title, "EMQX ns/mqtt");
  });

  test("the cluster's kubeconfig goes along as a secret", async () => {
    const all = await made({}, { kubeconfig: "secret-text", context: "here" });
    const { kubeconfig, context } = all.get("emqx-monitoring")?.inputs ?? {};
    assert.equal(context, "here");
    // How Pulumi's wire format marks a secret.
    assert.deepEqual(kubeconfig, {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value: "secret-text",
    });
  });
});
