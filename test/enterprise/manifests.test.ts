import assert from "node:assert/strict";
import { test } from "node:test";
import type { EnterpriseInputs } from "../../components/enterprise/inputs";
import { desiredOf } from "../../components/rollout/desired";
import { siteOf, type RolloutInputs } from "../../components/rollout/inputs";
import { manifestsOf } from "../../components/rollout/manifests";
import { revisionsOf } from "../../components/rollout/revision";
import { hotSettingsOf } from "../../components/rollout/settings";

type Container = Record<string, unknown>;

function inputsOf(
  container: Container = {},
  enterprise: EnterpriseInputs = {},
  rest: Partial<RolloutInputs> = {},
): RolloutInputs {
  const emqxContainer = { image: { version: "4.4.14" }, ...container };
  return {
    name: "emqx-ee",
    namespace: "default",
    image: "emqx/emqx-ee:4.4.14",
    enterprise: { blueGreenUpdate: {}, template: { spec: { emqxContainer } }, ...enterprise },
    ...rest,
  };
}

interface Pod {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: {
    containers: {
      name: string;
      image: string;
      env: { name: string; value?: string; valueFrom?: unknown }[];
      ports: { name: string; containerPort: number }[];
      volumeMounts: { name: string; mountPath: string; subPath?: string }[];
      readinessProbe: { httpGet: { path: string; port: number } };
      [key: string]: unknown;
    }[];
    volumes: { name: string; secret?: object; configMap?: { name: string } }[];
    [key: string]: unknown;
  };
}

/** What the rollout would apply for these inputs. */
function made(inputs: RolloutInputs) {
  const site = siteOf(inputs);
  const desired = desiredOf(inputs, []);
  const { configMap, workload } = manifestsOf(inputs, site)(
    "core",
    desired.revision,
    desired.replicas,
  );
  const spec = workload.spec as {
    replicas: number;
    updateStrategy: { type: string };
    selector: { matchLabels: Record<string, string> };
    template: Pod;
    volumeClaimTemplates?: { metadata: { name: string } }[];
  };
  const [emqx] = spec.template.spec.containers;
  assert.ok(emqx);
  const env = new Map(emqx.env.map((each) => [each.name, each.value ?? each.valueFrom]));
  return { site, desired, configMap, workload, spec, pod: spec.template, emqx, env };
}

const revision = (inputs: RolloutInputs) => revisionsOf(inputs)[0]?.revision;

test("nodes are called as in document 002", () => {
  const { site, desired, workload, env } = made(inputsOf());
  assert.equal(workload.metadata.name, `emqx-ee-${desired.revision}`);
  assert.equal(site.nodePrefix, "emqx-ee");
  assert.equal(env.get("EMQX_NAME"), "emqx-ee");
  assert.equal(env.get("EMQX_CLUSTER__DNS__APP"), "emqx-ee");
  assert.equal(env.get("EMQX_CLUSTER__DNS__NAME"), "emqx-ee-headless.default.svc.cluster.local");
  assert.equal(env.get("EMQX_HOST"), "$(POD_NAME).$(EMQX_CLUSTER__DNS__NAME)");
});

test("the site speaks EMQX 4.4's dialect and knows one Service", () => {
  const { site } = made(inputsOf({}, { serviceTemplate: { metadata: { name: "mqtt" } } }));
  assert.equal(site.dialect, "v4");
  assert.equal(site.listenersService, "mqtt");
  assert.equal(site.dashboardPort, 8081);
  assert.deepEqual(site.apiKeySecret, { name: "emqx-ee-bootstrap-api-key", key: "bootstrap_user" });
  assert.equal(made(inputsOf()).site.listenersService, "emqx-ee");
});

test("emqxConfig becomes environment, the user's env takes its place", () => {
  const { emqx, site } = made(
    inputsOf({
      emqxConfig: {
        name: "other",
        "zone.external.max_packet_size": "2MB",
        "management.listener.http": "0.0.0.0:9081",
      },
      env: [{ name: "EMQX_ZONE__EXTERNAL__MAX_PACKET_SIZE", value: "3MB" }],
    }),
  );
  const sizes = emqx.env.filter(({ name }) => name === "EMQX_ZONE__EXTERNAL__MAX_PACKET_SIZE");
  assert.deepEqual(
    sizes.map(({ value }) => value),
    ["3MB"],
  );
  assert.equal(emqx.env.filter(({ name }) => name === "EMQX_NAME").length, 1);
  assert.equal(site.nodePrefix, "other");
  assert.equal(site.dashboardPort, 9081);
  assert.equal(emqx.readinessProbe.httpGet.port, 9081);
  assert.equal(emqx.readinessProbe.httpGet.path, "/status");
});

test("secrets come from Secrets only", () => {
  const { env } = made(inputsOf());
  for (const name of [
    "EMQX_NODE__COOKIE",
    "EMQX_DASHBOARD__DEFAULT_USER__PASSWORD",
    "EMQX_MANAGEMENT__DEFAULT_APPLICATION__SECRET",
  ]) {
    assert.match(JSON.stringify(env.get(name)), /secretKeyRef/);
  }
});

test("ports of the user are kept with their names", () => {
  const dashboard = { name: "http-dashboard", containerPort: 18083 };
  const { emqx } = made(inputsOf({ ports: [dashboard] }));
  assert.deepEqual(emqx.ports[0], dashboard);
  const numbers = emqx.ports.map(({ containerPort }) => containerPort);
  assert.equal(new Set(numbers).size, numbers.length);
  for (const port of [1883, 8883, 8083, 8084, 8081]) assert.ok(numbers.includes(port));
  for (const { name } of emqx.ports) assert.ok(name.length <= 15, name);
});

test("the container is renamed by its name, which is an upgrade", () => {
  const renamed = inputsOf({ name: "emqx-ee-a" });
  assert.equal(made(renamed).emqx.name, "emqx-ee-a");
  assert.equal(made(inputsOf()).emqx.name, "emqx");
  assert.notEqual(revision(renamed), revision(inputsOf()));
});

test("the access rules are a file of the revision's own ConfigMap", () => {
  const { configMap, emqx, env, pod } = made(inputsOf({ emqxACL: ["{deny, all}."] }));
  assert.deepEqual(configMap.data, { "acl.conf": "{deny, all}.\n" });
  assert.equal(env.get("EMQX_ACL_FILE"), "/mounted/acl/acl.conf");
  const volume = pod.spec.volumes.find(({ name }) => name === "acl");
  assert.equal(volume?.configMap?.name, configMap.metadata.name);
  assert.ok(emqx.volumeMounts.some(({ mountPath }) => mountPath === "/mounted/acl"));
  assert.match(JSON.stringify(made(inputsOf()).configMap.data), /\{allow, all\}/);
});

test("a licence is mounted under one name, whatever its Secret calls it", () => {
  const license = { secretName: "mine", key: "license.txt" };
  const { env, pod, site } = made(inputsOf({}, { license }));
  assert.equal(env.get("EMQX_LICENSE__FILE"), "/mounted/license/emqx.lic");
  assert.deepEqual(pod.spec.volumes.find(({ name }) => name === "license")?.secret, {
    secretName: "mine",
    items: [{ key: "license.txt", path: "emqx.lic" }],
  });
  assert.equal(site.licenseConfigured, true);
  assert.equal(made(inputsOf()).site.licenseConfigured, false);
});

test("a new licence is an upgrade, since 4.4 reads it at its start", () => {
  const license = (licenseDigest: string) => inputsOf({}, { license: {}, licenseDigest });
  assert.notEqual(revision(license("a")), revision(license("b")));
  assert.deepEqual(hotSettingsOf(license("a")).digests, {});
});

test("a default written out changes nothing", () => {
  const written = inputsOf(
    { name: "emqx", image: { version: "4.4.14", pullPolicy: "IfNotPresent" }, env: [] },
    {},
    { clusterDomain: "cluster.local" },
  );
  assert.equal(revision(written), revision(inputsOf()));
  const paced = { blueGreenUpdate: { evacuationStrategy: { connEvictRate: 1 } } };
  assert.equal(revision(inputsOf({}, paced)), revision(inputsOf()));
  assert.equal(revision(inputsOf({}, { replicas: 7 })), revision(inputsOf()));
});

test("the strategy is that of blueGreenUpdate, with ours beside it", () => {
  const blueGreenUpdate = {
    initialDelaySeconds: 60,
    evacuationStrategy: { waitTakeover: 5, connEvictRate: 200, sessEvictRate: 100 },
  };
  const inputs = inputsOf({}, { blueGreenUpdate }, { updateStrategy: { gate: "manual" } });
  const { strategy, replicas, rolling } = desiredOf(inputs, []);
  assert.deepEqual(
    { ...strategy, drainDeadlineSeconds: 0 },
    {
      initialDelaySeconds: 60,
      connEvictRate: 200,
      sessEvictRate: 100,
      waitTakeover: 5,
      waitHealthCheck: 0,
      progressDeadlineSeconds: 600,
      drainDeadlineSeconds: 0,
      onFailure: "abort",
      returnShare: undefined,
      gate: "manual",
    },
  );
  assert.equal(replicas, 3);
  assert.equal(rolling, undefined);
});

test("without blueGreenUpdate one set is renewed in place by Kubernetes", () => {
  const rolling = (container: Container) =>
    made(inputsOf(container, { blueGreenUpdate: undefined }));
  const before = rolling({});
  const after = rolling({ name: "renamed" });
  assert.equal(before.workload.metadata.name, "emqx-ee");
  assert.equal(before.spec.updateStrategy.type, "RollingUpdate");
  assert.deepEqual(before.spec.selector, after.spec.selector);
  assert.equal(before.desired.revision, after.desired.revision);
  assert.notEqual(before.desired.rolling?.template, after.desired.rolling?.template);
  for (const { workload, pod, desired } of [before, after]) {
    const mark = { "emqx.io/template": desired.rolling?.template };
    assert.deepEqual(workload.metadata.annotations, mark);
    assert.deepEqual(pod.metadata.annotations, mark);
  }
});

test("pods carry the label by which document 002's PodMonitor selects, and match their set", () => {
  const { pod, spec } = made(inputsOf());
  assert.equal(pod.metadata.labels["apps.emqx.io/instance"], "emqx-ee");
  for (const [key, value] of Object.entries(spec.selector.matchLabels)) {
    assert.equal(pod.metadata.labels[key], value);
  }
  assert.equal(spec.updateStrategy.type, "OnDelete");
});

test("a persistent volume is claimed by the name that is mounted", () => {
  const persistent = { spec: { accessModes: ["ReadWriteOnce"] } };
  const { spec, emqx, pod } = made(inputsOf({}, { persistent }));
  assert.equal(spec.volumeClaimTemplates?.[0]?.metadata.name, "emqx-ee-data");
  const data = emqx.volumeMounts.find(({ mountPath }) => mountPath === "/opt/emqx/data");
  assert.equal(data?.name, "emqx-ee-data");
  assert.ok(!pod.spec.volumes.some(({ name }) => name === "emqx-ee-data"));
});
