import assert from "node:assert/strict";
import { test } from "node:test";
import { oneColour } from "../../components/labels";
import { siteOf, type RolloutInputs } from "../../components/rollout/inputs";
import { emqxConf, manifestsOf } from "../../components/rollout/manifests";

interface Container {
  name: string;
  image: string;
  env: {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef?: { name: string; key: string } };
  }[];
  ports: { name?: string; containerPort: number; protocol: string }[];
  securityContext: Record<string, unknown>;
  readinessProbe: Record<string, unknown>;
  livenessProbe: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string; subPath?: string }[];
}

interface StatefulSetSpec {
  replicas: number;
  serviceName: string;
  podManagementPolicy: string;
  updateStrategy: { type: string };
  selector: { matchLabels: Record<string, string> };
  volumeClaimTemplates?: { metadata: { name: string }; spec: object }[];
  persistentVolumeClaimRetentionPolicy?: object;
  template: {
    metadata: { labels: Record<string, string> };
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

function make(changes: Partial<RolloutInputs> = {}) {
  const inputs = { name: "emqx", namespace: "mqtt", image: "emqx/emqx:6.1.0", ...changes };
  const { configMap, statefulSet } = manifestsOf(inputs, siteOf(inputs))("rev", 3);
  const spec = statefulSet.spec as StatefulSetSpec;
  const [emqx, ...others] = spec.template.spec.containers;
  return { configMap, statefulSet, spec, pod: spec.template.spec, emqx, others };
}

test("names, labels and selector of the set belong to one colour", () => {
  const { statefulSet, configMap, spec } = make();
  assert.equal(statefulSet.metadata.name, "emqx-core-rev");
  assert.equal(configMap.metadata.name, "emqx-config-rev");
  assert.equal(statefulSet.metadata.namespace, "mqtt");
  assert.deepEqual(spec.selector.matchLabels, oneColour("emqx", "rev"));
  for (const [key, value] of Object.entries(oneColour("emqx", "rev"))) {
    assert.equal(spec.template.metadata.labels[key], value);
    assert.equal(statefulSet.metadata.labels?.[key], value);
  }
  assert.equal(spec.replicas, 3);
  assert.equal(spec.serviceName, "emqx-headless");
  assert.equal(spec.podManagementPolicy, "Parallel");
  assert.equal(spec.updateStrategy.type, "OnDelete");
});

test("the environment makes nodes of all colours find each other, and the user's comes last", () => {
  const user = [{ name: "EMQX_NODE__ROLE", value: "mine" }];
  const { emqx } = make({ coreTemplate: { spec: { env: user } }, licenseDigest: "x" });
  const value = (name: string) => emqx.env.find((entry) => entry.name === name)?.value;
  const from = (name: string) =>
    emqx.env.find((entry) => entry.name === name)?.valueFrom?.secretKeyRef;
  assert.equal(value("EMQX_CLUSTER__DNS__NAME"), "emqx-headless.mqtt.svc.cluster.local");
  assert.equal(value("EMQX_HOST"), "$(POD_NAME).$(EMQX_CLUSTER__DNS__NAME)");
  assert.equal(value("EMQX_API_KEY__BOOTSTRAP_FILE"), '"/opt/emqx/data/bootstrap_api_key"');
  assert.equal(value("EMQX_DASHBOARD__LISTENERS__HTTP__BIND"), "18083");
  assert.deepEqual(from("EMQX_NODE__COOKIE"), { name: "emqx-node-cookie", key: "node_cookie" });
  assert.deepEqual(from("EMQX_LICENSE__KEY"), { name: "emqx-license", key: "license" });
  assert.deepEqual(emqx.env.at(-1), user[0]);
});

test("without a licence no pod asks for its Secret", () => {
  assert.doesNotMatch(JSON.stringify(make().statefulSet), /EMQX_LICENSE__KEY/);
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

test("emqx.conf is the user's text with the roots after it", () => {
  assert.equal(emqxConf({}), "");
  assert.equal(
    emqxConf({ config: { data: "a = 1\n\n", roots: { mqtt: { b: 2 } } } }),
    'a = 1\n\n"mqtt" = {\n  "b": 2\n}\n',
  );
});

test("manifests are plain JSON", () => {
  const { statefulSet } = make();
  assert.deepEqual(JSON.parse(JSON.stringify(statefulSet)), statefulSet);
});
