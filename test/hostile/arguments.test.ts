/**
 * Hostile arguments either are refused by a message that names the field, or what is made of them
 * is well-formed. The seed is printed; set SEED to replay it, CASES for another number of cases.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { argsFromCustomResource } from "../../components/custom-resource/args-from-custom-resource";
import { isEmqxError } from "../../components/errors";
import { validateEnterprise } from "../../components/enterprise/validate";
import { enterpriseImage } from "../../components/enterprise/inputs";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { validateRollout } from "../../components/rollout/validate-inputs";
import type { Problem } from "../../components/shape";
import { hasUnknown } from "../../components/unknown";
import { validateCluster } from "../../components/validate";
import { CANARY, cases, PATIENCE, SEED, spoilt } from "./values";
import { assertWellFormed } from "./well-formed";

const env = [
  { name: "PASSWORD", value: CANARY },
  { name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
];

const spec = {
  replicas: 3,
  maxUnavailable: "50%",
  nodeSelector: { "kubernetes.io/os": "linux" },
  nodeName: "host-1",
  affinity: { podAntiAffinity: {} },
  tolerations: [{ key: "a", operator: "Exists" }],
  command: ["/usr/bin/emqx"],
  args: ["foreground"],
  ports: [{ name: "extra", containerPort: 9000 }],
  env,
  envFrom: [{ secretRef: { name: "s" } }],
  resources: { limits: { cpu: "1" } },
  initContainers: [{ name: "init", image: "busybox" }],
  extraContainers: [{ name: "side", image: "busybox" }],
  extraVolumes: [{ name: "v", emptyDir: {} }],
  extraVolumeMounts: [{ name: "v", mountPath: "/v" }],
  terminationGracePeriodSeconds: 60,
};

const metadata = { labels: { team: "mqtt" }, annotations: { "example.com/note": "a b" } };

const cluster = {
  name: "emqx",
  namespace: "mqtt",
  image: "emqx/emqx:6.1.0",
  imagePullPolicy: "Always",
  imagePullSecrets: [{ name: "registry" }],
  serviceAccountName: "emqx",
  bootstrapAPIKeys: [
    { key: "a_b-1", secret: CANARY },
    {
      secretRef: {
        key: { secretName: "s", secretKey: "k" },
        secret: { secretName: "s", secretKey: "v" },
      },
    },
  ],
  config: {
    mode: "Merge",
    data: `listeners.tcp.extra.bind = 1999\nmqtt.max_packet_size = 1MB`,
    roots: { mqtt: { retry_interval: "30s" }, log: { console: { level: "info" } } },
  },
  clusterDomain: "cluster.local",
  revisionHistoryLimit: 3,
  updateStrategy: {
    type: "Recreate",
    initialDelaySeconds: 1,
    evacuationStrategy: { connEvictRate: 10, sessEvictRate: 10, waitTakeover: 1 },
    progressDeadlineSeconds: 600,
    drainDeadlineSeconds: 60,
    onFailure: "abort",
    gate: "none",
  },
  coreTemplate: { metadata, spec },
  replicantTemplate: { metadata, spec: { ...spec, replicas: 2 }, ignoreReplicas: true },
  monitoring: { podMonitor: { interval: "10s", labels: { a: "b" } }, prometheusRule: true },
  dashboardServiceTemplate: { enabled: true, metadata, spec: { type: "NodePort" } },
  listenersServiceTemplate: { metadata, spec: { ports: [{ name: "mqtt", port: 1883 }] } },
  license: `${CANARY}.x`,
  persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Delete" },
  kubeconfig: `{"token": "${CANARY}"}`,
  context: "here",
};

const enterprise = {
  name: "emqx-ee",
  namespace: "mqtt",
  replicas: 3,
  clusterDomain: "cluster.local",
  license: { stringData: CANARY },
  persistent: { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"] } },
  blueGreenUpdate: { initialDelaySeconds: 1, evacuationStrategy: { connEvictRate: 10 } },
  updateStrategy: { progressDeadlineSeconds: 60 },
  serviceTemplate: { metadata: { name: "mqtt", ...metadata }, spec: { type: "LoadBalancer" } },
  template: {
    metadata,
    spec: {
      emqxContainer: {
        name: "emqx",
        image: { version: "4.4.14", registry: "docker.io", prefix: "v" },
        emqxConfig: {
          name: "emqx-ee",
          "zone.external.max_packet_size": "2MB",
          "dashboard.default_user.password": CANARY,
          "listener.tcp.external": "1884",
        },
        emqxACL: ["{allow, all}."],
        bootstrapAPIKeys: [{ key: "mine", secret: CANARY }],
        ports: [{ name: "extra", containerPort: 9000 }],
        env,
        volumeMounts: [{ name: "v", mountPath: "/v" }],
      },
      imagePullSecrets: [{ name: "registry" }],
      extraContainers: [{ name: "side", image: "busybox" }],
      volumes: [{ name: "v", emptyDir: {} }],
      nodeSelector: { a: "b" },
    },
  },
  monitoring: { grafanaDashboard: { folder: "MQTT" } },
};

/** Every problem names its field, says what was expected, and shows no secret. */
function assertTold(problems: Problem[]): void {
  for (const { property, reason } of problems) {
    assert.ok(property.length > 0);
    assert.match(reason, /Expected|Unknown field|cannot be|cannot contain|more problems/);
    assert.ok(!reason.includes(CANARY), `a secret is shown: ${reason}`);
    assert.ok(reason.length < 3000, `${reason.length} characters: ${reason.slice(0, 200)}`);
    assert.doesNotMatch(reason, /[\p{Cc}\p{Cs}\u202e]/u, JSON.stringify(reason));
  }
}

function timed<T>(work: () => T): T {
  const start = performance.now();
  const result = work();
  const taken = performance.now() - start;
  assert.ok(taken < PATIENCE, `it took ${Math.round(taken)} ms`);
  return result;
}

/** As the component passes them on. */
function inputsOf(args: typeof cluster): RolloutInputs {
  const { bootstrapAPIKeys, license, monitoring, ...rest } = args;
  const { dashboardServiceTemplate, listenersServiceTemplate, ...known } = rest;
  void [bootstrapAPIKeys, monitoring, dashboardServiceTemplate, listenersServiceTemplate];
  const named = { ...known, name: known.name ?? "emqx", namespace: known.namespace ?? "default" };
  return JSON.parse(
    JSON.stringify({ ...named, ...(license != null && { licenseDigest: "0123" }) }),
  ) as RolloutInputs;
}

function enterpriseInputsOf(args: typeof enterprise): RolloutInputs {
  const { name, namespace, clusterDomain, updateStrategy, ...given } = args;
  const { emqxContainer } = args.template.spec;
  const { bootstrapAPIKeys, ...container } = emqxContainer;
  void bootstrapAPIKeys;
  const template = { ...args.template, spec: { ...args.template.spec, emqxContainer: container } };
  const { license, monitoring, ...others } = given;
  void monitoring;
  return JSON.parse(
    JSON.stringify({
      name: name ?? "emqx-ee",
      namespace: namespace ?? "default",
      image: enterpriseImage(container.image),
      clusterDomain,
      updateStrategy,
      enterprise: { ...others, template, license: license && { secretName: "l", key: "k" } },
    }),
  ) as RolloutInputs;
}

function hold(property: fc.IProperty<[unknown]>, usual: number): void {
  const run = fc.check(property, { seed: SEED, numRuns: cases(usual), endOnFailure: true });
  if (!run.failed) return;
  const text = inspect(run.counterexample, { depth: 12, maxStringLength: 200 });
  assert.fail(`seed ${SEED}: ${String(run.errorInstance)}\n${text}`);
}

test(`arguments of EmqxCluster are refused by name or work (seed ${SEED})`, (t) => {
  assert.deepEqual(validateCluster(cluster), []);
  assertWellFormed(inputsOf(cluster));
  let accepted = 0;
  hold(
    fc.property(spoilt(cluster), (args) => {
      const problems = timed(() => validateCluster(args));
      assertTold(problems);
      if (problems.length > 0 || hasUnknown(args)) return;
      accepted += 1;
      const inputs = inputsOf(args as typeof cluster);
      assert.deepEqual(validateRollout(inputs), [], "the provider refuses what the program took");
      timed(() => assertWellFormed(inputs));
    }),
    600,
  );
  t.diagnostic(`${accepted} of ${cases(600)} accepted`);
  assert.ok(accepted > 0);
});

test(`arguments of EmqxEnterprise are refused by name or work (seed ${SEED})`, (t) => {
  assert.deepEqual(validateEnterprise(enterprise), []);
  assertWellFormed(enterpriseInputsOf(enterprise));
  let accepted = 0;
  hold(
    fc.property(spoilt(enterprise), (args) => {
      const problems = timed(() => validateEnterprise(args));
      assertTold(problems);
      if (problems.length > 0 || hasUnknown(args)) return;
      accepted += 1;
      const inputs = enterpriseInputsOf(args as typeof enterprise);
      assert.deepEqual(validateRollout(inputs), [], "the provider refuses what the program took");
      timed(() => assertWellFormed(inputs));
    }),
    400,
  );
  t.diagnostic(`${accepted} of ${cases(400)} accepted`);
  assert.ok(accepted > 0);
});

const { license, monitoring, name, namespace, kubeconfig, context, ...operatorSpec } = cluster;
void [license, monitoring, name, namespace, kubeconfig, context];
const { persistentVolumeClaimRetentionPolicy, ...v2beta1Spec } = operatorSpec;
void persistentVolumeClaimRetentionPolicy;
const { updateStrategy, monitoring: _, name: __, namespace: ___, ...v1beta4Spec } = enterprise;
void [updateStrategy, _, __, ___];
const { onFailure, gate, progressDeadlineSeconds, drainDeadlineSeconds, ...operatorStrategy } =
  cluster.updateStrategy;
void [onFailure, gate, progressDeadlineSeconds, drainDeadlineSeconds];

const resource = (apiVersion: string, kind: string, given: object) => ({
  apiVersion: `apps.emqx.io/${apiVersion}`,
  kind,
  metadata: { name: "emqx", namespace: "mqtt", ...metadata },
  spec: given,
});

const resources = [
  resource("v2beta1", "EMQX", { ...v2beta1Spec, updateStrategy: operatorStrategy }),
  resource("v2alpha1", "EMQX", { image: "emqx/emqx:5.1", coreTemplate: { spec: { replicas: 1 } } }),
  resource("v1beta4", "EmqxEnterprise", v1beta4Spec),
];

test(`custom resources are refused with a code or become valid arguments (seed ${SEED})`, (t) => {
  for (const each of resources) argsFromCustomResource(each);
  let accepted = 0;
  hold(
    fc.property(fc.oneof(...resources.map((each) => spoilt(each))), (cr) => {
      try {
        const { kind, args } = timed(() => argsFromCustomResource(cr));
        const validate = kind === "EmqxCluster" ? validateCluster : validateEnterprise;
        assert.deepEqual(validate(args), []);
        accepted += 1;
      } catch (error) {
        assert.ok(isEmqxError(error), error instanceof Error ? error.stack : String(error));
        assert.equal(error.code, "EMQX_INVALID_ARGUMENT");
        assert.match(error.message, /[Ee]xpected|Unknown field|cannot be|cannot contain/);
        assert.ok(!error.message.includes(CANARY), error.message);
      }
    }),
    400,
  );
  t.diagnostic(`${accepted} of ${cases(400)} accepted`);
  assert.ok(accepted > 0);
});
