import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { oneColour } from "../../components/labels";
import { siteOf, type RolloutInputs } from "../../components/rollout/inputs";
import { manifestsOf } from "../../components/rollout/manifests";
import type { Role } from "../../components/rollout/types";

interface Container {
  name: string;
  image: string;
  env: {
    name: string;
    value?: string;
    valueFrom?: {
      secretKeyRef?: { name: string; key: string; optional?: boolean };
      fieldRef?: { fieldPath: string };
    };
  }[];
  ports: { name?: string; containerPort: number; protocol: string }[];
  securityContext: Record<string, unknown>;
  readinessProbe: Record<string, unknown>;
  livenessProbe: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string; subPath?: string }[];
}

interface WorkloadSpec {
  replicas: number;
  strategy?: object;
  progressDeadlineSeconds?: number;
  revisionHistoryLimit?: number;
  serviceName: string;
  podManagementPolicy: string;
  updateStrategy: { type: string };
  selector: { matchLabels: Record<string, string> };
  volumeClaimTemplates?: { metadata: { name: string }; spec: object }[];
  persistentVolumeClaimRetentionPolicy?: object;
  template: {
    metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
    spec: {
      containers: [Container, ...Container[]];
      volumes: Record<string, unknown>[];
      securityContext: Record<string, unknown>;
      serviceAccountName: string;
      terminationGracePeriodSeconds: number;
      topologySpreadConstraints?: unknown[];
    };
  };
}

function make(changes: Partial<RolloutInputs> = {}, role: Role = "core") {
  const inputs = { name: "emqx", namespace: "mqtt", image: "emqx/emqx:6.1.0", ...changes };
  const { configMap, workload } = manifestsOf(inputs, siteOf(inputs))(role, "rev", 3);
  const spec = workload.spec as WorkloadSpec;
  const [emqx, ...others] = spec.template.spec.containers;
  const env = (name: string) => emqx.env.find((entry) => entry.name === name);
  return { configMap, workload, spec, pod: spec.template.spec, emqx, others, env };
}

const replicant = (changes: Partial<RolloutInputs> = {}) => make(changes, "replicant");

test("names, labels and selector of the set belong to one colour", () => {
  const { workload, configMap, spec } = make();
  assert.equal(workload.metadata.name, "emqx-core-rev");
  assert.equal(configMap.metadata.name, "emqx-config-rev");
  assert.equal(workload.metadata.namespace, "mqtt");
  assert.deepEqual(spec.selector.matchLabels, oneColour("emqx", "rev"));
  for (const [key, value] of Object.entries(oneColour("emqx", "rev"))) {
    assert.equal(spec.template.metadata.labels[key], value);
    assert.equal(workload.metadata.labels?.[key], value);
  }
  assert.equal(spec.replicas, 3);
  assert.equal(spec.serviceName, "emqx-headless");
  assert.equal(spec.podManagementPolicy, "Parallel");
  assert.equal(spec.updateStrategy.type, "OnDelete");
});

test("the environment makes nodes of all colours find each other, and the user's take the place of ours", () => {
  const user = [{ name: "EMQX_NODE__ROLE", value: "mine" }];
  const { emqx } = make({ coreTemplate: { spec: { env: user } } });
  const value = (name: string) => emqx.env.find((entry) => entry.name === name)?.value;
  const from = (name: string) =>
    emqx.env.find((entry) => entry.name === name)?.valueFrom?.secretKeyRef;
  assert.equal(value("EMQX_CLUSTER__DNS__NAME"), "emqx-headless.mqtt.svc.cluster.local");
  assert.equal(value("EMQX_HOST"), "$(POD_NAME).$(EMQX_CLUSTER__DNS__NAME)");
  assert.equal(value("EMQX_API_KEY__BOOTSTRAP_FILE"), '"/opt/emqx/data/bootstrap_api_key"');
  assert.equal(value("EMQX_DASHBOARD__LISTENERS__HTTP__BIND"), "18083");
  assert.deepEqual(from("EMQX_NODE__COOKIE"), { name: "emqx-node-cookie", key: "node_cookie" });
  assert.deepEqual(from("EMQX_LICENSE__KEY"), {
    name: "emqx-license",
    key: "license",
    optional: true,
  });
  assert.deepEqual(
    emqx.env.filter(({ name }) => name === "EMQX_NODE__ROLE"),
    user,
  );
});

test("a licence may come later, but not to a release without licences", () => {
  assert.deepEqual(make({ licenseDigest: "1" }).spec.template, make().spec.template);
  assert.equal(make({ image: "emqx/emqx:5.8.6" }).env("EMQX_LICENSE__KEY"), undefined);
  const enterprise = make({ image: "emqx/emqx-enterprise:5.8.4" });
  assert.ok(enterprise.env("EMQX_LICENSE__KEY"));
});

test("replicants are a Deployment of pods without names and volumes", () => {
  const { workload, configMap, spec, pod, emqx, env } = replicant({
    updateStrategy: { progressDeadlineSeconds: 77 },
    coreTemplate: { spec: { env: [{ name: "CORE", value: "1" }], volumeClaimTemplates: {} } },
    replicantTemplate: {
      metadata: { labels: { team: "mqtt" } },
      spec: { replicas: 9, env: [{ name: "MINE", value: "1" }], nodeSelector: { a: "b" } },
    },
  });
  assert.equal(`${workload.apiVersion} ${workload.kind}`, "apps/v1 Deployment");
  assert.equal(workload.metadata.name, "emqx-replicant-rev");
  assert.equal(configMap.metadata.name, "emqx-config-rev");
  const colour = oneColour("emqx", "rev", "replicant");
  assert.equal(colour["app.kubernetes.io/component"], "replicant");
  assert.deepEqual(spec.selector.matchLabels, colour);
  const labels = spec.template.metadata.labels;
  assert.deepEqual({ ...labels, ...colour, team: "mqtt" }, labels);
  assert.equal(spec.replicas, 3);
  assert.equal(spec.progressDeadlineSeconds, 77);
  assert.equal(spec.revisionHistoryLimit, 0);
  assert.deepEqual(spec.strategy, {
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
  });
  assert.equal(spec.volumeClaimTemplates, undefined);
  assert.ok(pod.volumes.some(({ name, emptyDir }) => name === "emqx-replicant-data" && emptyDir));
  assert.ok(emqx.volumeMounts.some(({ name }) => name === "emqx-replicant-data"));
  assert.equal(env("EMQX_NODE__ROLE")?.value, "replicant");
  assert.equal(env("EMQX_HOST")?.valueFrom?.fieldRef?.fieldPath, "status.podIP");
  assert.equal(env("EMQX_CLUSTER__DNS__NAME")?.value, "emqx-headless.mqtt.svc.cluster.local");
  assert.equal(env("MINE")?.value, "1");
  assert.equal(env("CORE"), undefined);
  assert.deepEqual(pod.topologySpreadConstraints, [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: colour },
    },
  ]);
});

test("EMQX 5.0 gets role and API keys by the names that it knows", () => {
  const image = "emqx/emqx:5.0.6";
  assert.equal(replicant({ image }).env("EMQX_NODE__DB_ROLE")?.value, "replicant");
  assert.equal(make({ image }).env("EMQX_NODE__DB_ROLE")?.value, "core");
  const keys = make({ image }).env("EMQX_DASHBOARD__BOOTSTRAP_USERS_FILE");
  assert.equal(keys?.value, '"/opt/emqx/data/bootstrap_api_key"');
  for (const later of ["emqx/emqx:5.1.0", "emqx/emqx:5", "emqx/emqx:6.0.1"]) {
    assert.equal(make({ image: later }).env("EMQX_NODE__DB_ROLE"), undefined, later);
  }
});

test("pods of both roles carry the label by which monitoring selects them", () => {
  for (const { spec } of [make(), replicant()]) {
    assert.equal(spec.template.metadata.labels["apps.emqx.io/instance"], "emqx");
    assert.equal("apps.emqx.io/instance" in spec.selector.matchLabels, false);
  }
});

test("the ConfigMap says which settings its pods start with", () => {
  const inputs: Partial<RolloutInputs> = {
    config: { data: "mqtt.max_packet_size = 2MB\nnode.process_limit = 2000000" },
    licenseDigest: "0123456789abcdef",
  };
  for (const { configMap } of [make(inputs), replicant(inputs)]) {
    const annotations = configMap.metadata.annotations ?? {};
    assert.match(annotations["emqx.io/config-digest"] ?? "", /^[0-9a-f]{16}$/);
    assert.equal(annotations["emqx.io/license-digest"], "0123456789abcdef");
    assert.match(JSON.stringify(configMap.data), /max_packet_size.*process_limit/);
  }
  assert.deepEqual(Object.keys(make().configMap.metadata.annotations ?? {}), [
    "emqx.io/content-digest",
  ]);
});

test("a declared dashboard listener is left to the configuration", () => {
  const { emqx } = make({ config: { data: "dashboard.listeners.http.bind = 18090" } });
  assert.doesNotMatch(JSON.stringify(emqx.env), /DASHBOARD__LISTENERS/);
  const dashboard = emqx.ports.find(({ name }) => name === "dashboard");
  assert.equal(dashboard?.containerPort, 18090);
});

test("the container has the ports that the configuration declares", () => {
  const { emqx } = make({ config: { roots: { listeners: { tcp: { more: { bind: 2883 } } } } } });
  assert.deepEqual(
    emqx.ports.map(({ name, containerPort }) => `${name ?? ""} ${containerPort}`),
    [
      "mqtt 1883",
      "mqttssl 8883",
      "ws 8083",
      "wss 8084",
      " 2883",
      "dashboard 18083",
      "ekka 4370",
      "genrpc 5369",
    ],
  );
});

test("the pod runs without privileges", () => {
  const { pod, emqx } = make();
  assert.deepEqual(pod.securityContext, {
    runAsUser: 1000,
    runAsGroup: 1000,
    fsGroup: 1000,
    fsGroupChangePolicy: "OnRootMismatch",
    supplementalGroups: [1000],
  });
  assert.equal(emqx.securityContext.runAsNonRoot, true);
  assert.equal(emqx.securityContext.allowPrivilegeEscalation, false);
  assert.deepEqual(emqx.securityContext.capabilities, { drop: ["ALL"] });
  assert.equal(pod.terminationGracePeriodSeconds, 60);
  assert.equal(pod.serviceAccountName, "emqx");
});

test("an evacuating node leaves the Service after one failed probe", () => {
  const { emqx } = make();
  assert.deepEqual(emqx.readinessProbe, {
    httpGet: { path: "/api/v5/load_rebalance/availability_check", port: "dashboard" },
    periodSeconds: 2,
    timeoutSeconds: 5,
    failureThreshold: 1,
  });
  assert.deepEqual((emqx.livenessProbe.httpGet as { path: string }).path, "/status");
});

test("a release without an open availability check is ready when it runs", () => {
  for (const image of ["emqx/emqx:5.0.6", "emqx/emqx:5.8.6", "emqx/emqx-enterprise:5.3.2"]) {
    const status = { path: "/status", port: "dashboard" };
    const { emqx } = make({ image });
    assert.deepEqual(emqx.readinessProbe.httpGet, status, image);
    assert.equal(emqx.readinessProbe.periodSeconds, 2);
    assert.equal(emqx.readinessProbe.failureThreshold, 2);
  }
});

test("data is an emptyDir unless a claim is given", () => {
  const none = make();
  assert.equal(none.spec.volumeClaimTemplates, undefined);
  assert.ok(none.pod.volumes.some(({ name }) => name === "emqx-core-data"));

  const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  const some = make({
    coreTemplate: { spec: { volumeClaimTemplates: claim } },
    persistentVolumeClaimRetentionPolicy: { whenScaled: "Retain" },
  });
  assert.deepEqual(some.spec.volumeClaimTemplates?.[0]?.spec, claim);
  assert.equal(some.spec.volumeClaimTemplates?.[0]?.metadata.name, "emqx-core-data");
  assert.deepEqual(some.spec.persistentVolumeClaimRetentionPolicy, {
    whenDeleted: "Delete",
    whenScaled: "Retain",
  });
  assert.ok(!some.pod.volumes.some(({ name }) => name === "emqx-core-data"));
});

test("what the user gives replaces our choice, and extras are added", () => {
  const { emqx, others, pod } = make({
    serviceAccountName: "mine",
    coreTemplate: {
      metadata: { labels: { team: "mqtt" } },
      spec: {
        readinessProbe: { exec: { command: ["true"] } },
        podSecurityContext: { runAsUser: 7 },
        affinity: { podAntiAffinity: {} },
        terminationGracePeriodSeconds: 5,
        extraContainers: [{ name: "side" }],
        extraVolumes: [{ name: "v", emptyDir: {} }],
        extraVolumeMounts: [{ name: "v", mountPath: "/v" }],
        ports: [{ name: "more", containerPort: 1883 }],
      },
    },
  });
  assert.deepEqual(emqx.readinessProbe, { exec: { command: ["true"] } });
  assert.deepEqual(pod.securityContext, { runAsUser: 7 });
  assert.equal(pod.serviceAccountName, "mine");
  assert.equal(pod.terminationGracePeriodSeconds, 5);
  assert.equal(pod.topologySpreadConstraints, undefined);
  assert.equal(others[0]?.name, "side");
  assert.ok(emqx.volumeMounts.some(({ name }) => name === "v"));
  assert.deepEqual(
    emqx.ports.filter(({ containerPort }) => containerPort === 1883).map(({ name }) => name),
    ["more"],
  );
});

test("manifests are plain JSON", () => {
  const { workload } = make();
  assert.deepEqual(JSON.parse(JSON.stringify(workload)), workload);
});

describe("a dashboard on HTTPS only", () => {
  const https = { bind: 18084, ssl_options: { certfile: "c", keyfile: "k" } };
  const config = { roots: { dashboard: { listeners: { http: { bind: 0 }, https } } } };

  test("is probed by HTTPS at its own port, which is named once, and the pods say so", () => {
    const { emqx, env, spec } = make({ config });
    for (const probe of [emqx.readinessProbe, emqx.livenessProbe]) {
      const { scheme, port } = probe.httpGet as { scheme?: string; port: string };
      assert.deepEqual([scheme, port], ["HTTPS", "dashboard"]);
    }
    const dashboards = emqx.ports.filter(({ containerPort }) => containerPort === 18084);
    assert.deepEqual(dashboards, [{ name: "dashboard", containerPort: 18084, protocol: "TCP" }]);
    assert.equal(spec.template.metadata.annotations?.["emqx.io/dashboard-scheme"], "https");
    assert.equal(env("EMQX_DASHBOARD__LISTENERS__HTTP__BIND"), undefined);
  });

  test("changes nothing where HTTP is offered too", () => {
    const both = make({ config: { roots: { dashboard: { listeners: { https } } } } });
    assert.deepEqual(both.emqx.readinessProbe, make().emqx.readinessProbe);
    assert.equal(both.spec.template.metadata.annotations, undefined);
    assert.equal(both.env("EMQX_DASHBOARD__LISTENERS__HTTP__BIND")?.value, "18083");
    const named = both.emqx.ports.find(({ name }) => name === "dashboard");
    assert.equal(named?.containerPort, 18083);
  });
});
