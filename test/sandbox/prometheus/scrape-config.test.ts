import assert from "node:assert/strict";
import test from "node:test";
import type { Discovered, PodMonitor } from "../../../sandbox/prometheus/objects";
import { relabelConfig, scrapeJobs } from "../../../sandbox/prometheus/scrape-config";
import type { Pod } from "../../../sandbox/node-agent/kube/types";

const LABELS = { "apps.emqx.io/instance": "emqx", "emqx.io/revision": "abc" };

function pod(name: string, fields: { podIP?: string; labels?: object; phase?: string } = {}): Pod {
  const { podIP = "10.88.3.7", labels = LABELS, phase = "Running" } = fields;
  return {
    metadata: { name, namespace: "default", uid: name, labels },
    spec: {
      containers: [
        { name: "emqx", image: "i", ports: [{ name: "dashboard", containerPort: 18083 }] },
        { name: "side", image: "i", ports: [{ name: "other", containerPort: 80 }] },
      ],
    },
    status: { podIP, phase },
  } as unknown as Pod;
}

function monitor(endpoint: object = {}, spec: object = {}): PodMonitor {
  return {
    metadata: { name: "emqx-metrics", namespace: "default", uid: "m" },
    spec: {
      selector: { matchLabels: { "apps.emqx.io/instance": "emqx" } },
      podMetricsEndpoints: [{ port: "dashboard", path: "/metrics", interval: "1s", ...endpoint }],
      ...spec,
    },
  };
}

const jobs = (found: Partial<Discovered>) =>
  scrapeJobs({ monitors: [], rules: [], pods: [], secrets: new Map(), ...found }, "/targets");

test("pods that a PodMonitor selects are scraped where their process listens", () => {
  const [job] = jobs({ monitors: [monitor()], pods: [pod("emqx-0")] });
  assert.deepEqual(
    job?.targets.map(({ targets }) => targets),
    [["127.88.3.7:18083"]],
  );
  const { labels = {} } = job?.targets[0] ?? {};
  assert.equal(labels.instance, "10.88.3.7:18083");
  assert.equal(labels.__meta_kubernetes_pod_name, "emqx-0");
  assert.equal(labels.__meta_kubernetes_pod_label_emqx_io_revision, "abc");
  assert.equal(job?.config.scrape_interval, "1s");
  assert.equal(job?.config.metrics_path, "/metrics");
});

test("other pods, pods without an address and finished ones are left out", () => {
  const pods = [
    pod("foreign", { labels: { "apps.emqx.io/instance": "other" } }),
    pod("without-address", { podIP: "" }),
    pod("failed", { phase: "Failed" }),
  ];
  assert.deepEqual(jobs({ monitors: [monitor()], pods })[0]?.targets, []);
});

test("the PodMonitor's namespaces are honoured", () => {
  const targets = (namespaceSelector?: object) =>
    jobs({ monitors: [monitor({}, { namespaceSelector })], pods: [pod("emqx-0")] })[0]?.targets;
  assert.equal(targets()?.length, 1);
  assert.equal(targets({ matchNames: ["other"] })?.length, 0);
  assert.equal(targets({ any: true })?.length, 1);
});

test("a Secret's credentials are sent, and an endpoint whose Secret is missing is left out", () => {
  const basicAuth = {
    username: { name: "auth", key: "username" },
    password: { name: "auth", key: "password" },
  };
  const secrets = new Map([
    ["default/auth/username", "admin"],
    ["default/auth/password", "public"],
  ]);
  const monitors = [monitor({ basicAuth })];
  assert.deepEqual(jobs({ monitors, secrets })[0]?.config.basic_auth, {
    username: "admin",
    password: "public",
  });
  secrets.delete("default/auth/password");
  assert.deepEqual(jobs({ monitors, secrets }), []);
});

test("relabelings follow the operator's own, in Prometheus' spelling", () => {
  const relabelings = [{ sourceLabels: ["a"], targetLabel: "b", action: "Replace", regex: "(.*)" }];
  const [job] = jobs({ monitors: [monitor({ relabelings }, { jobLabel: "x/y" })] });
  const configs = job?.config.relabel_configs as { target_label?: string }[];
  assert.deepEqual(
    configs.map(({ target_label }) => target_label),
    ["namespace", "container", "pod", "job", "job", "endpoint", "b"],
  );
  assert.deepEqual(configs.at(-1), {
    source_labels: ["a"],
    target_label: "b",
    regex: "(.*)",
    action: "replace",
  });
  assert.deepEqual(relabelConfig({ modulus: 3, separator: ";", replacement: "$1" }), {
    modulus: 3,
    separator: ";",
    replacement: "$1",
  });
});

test("parameters of the URL are passed on", () => {
  const params = { type: ["prometheus"] };
  assert.deepEqual(jobs({ monitors: [monitor({ params })] })[0]?.config.params, params);
});
