import assert from "node:assert/strict";
import { test } from "node:test";
import { UNKNOWN } from "../components/unknown";
import { validateCluster } from "../components/validate";

const image = "emqx/emqx:6.1.0";
const reasons = (args: object) => validateCluster({ image, ...args }).map(({ reason }) => reason);

test("accepts an operator's spec as it is", () => {
  const spec = {
    imagePullPolicy: "IfNotPresent",
    imagePullSecrets: [{ name: "registry" }],
    serviceAccountName: "emqx",
    bootstrapAPIKeys: [
      { key: "a_b-1", secret: "abc" },
      {
        secretRef: {
          key: { secretName: "s", secretKey: "k" },
          secret: { secretName: "s", secretKey: "v" },
        },
      },
    ],
    config: { mode: "Merge", data: "log.console.level = debug" },
    clusterDomain: "cluster.local",
    revisionHistoryLimit: 3,
    updateStrategy: {
      type: "Recreate",
      initialDelaySeconds: 0,
      evacuationStrategy: {
        connEvictRate: 1,
        sessEvictRate: 1,
        waitTakeover: 0,
        waitHealthCheck: 60,
      },
    },
    coreTemplate: {
      metadata: { labels: { team: "mqtt" }, annotations: { note: "" } },
      spec: {
        replicas: 3,
        maxUnavailable: "50%",
        env: [
          { name: "A", value: "b" },
          { name: "C", valueFrom: { fieldRef: {} } },
        ],
        resources: { limits: { cpu: 1 } },
        volumeClaimTemplates: { accessModes: ["ReadWriteOnce"] },
      },
    },
    replicantTemplate: {
      metadata: { labels: { team: "mqtt" } },
      spec: { replicas: 0, minAvailable: "50%", env: [{ name: "A", value: "b" }] },
      ignoreReplicas: true,
    },
    monitoring: { grafanaDashboard: false },
    dashboardServiceTemplate: { enabled: false },
    listenersServiceTemplate: { metadata: { labels: {} }, spec: { type: "LoadBalancer" } },
  };
  assert.deepEqual(reasons(spec), []);
});

test("names expectation and value of every problem", () => {
  const cases: [object, RegExp][] = [
    [
      { image: "" },
      /Expected `image` to be an image reference of at most 500 visible ASCII characters, got ``\./,
    ],
    [{ name: "Emqx" }, /Expected `name` to be a lower-case DNS label .* 38 characters, got `Emqx`/],
    [{ name: "e".repeat(39) }, /Expected `name`/],
    [{ namespace: "-" }, /Expected `namespace`/],
    [{ imagePullPolicy: "Sometimes" }, /"Always" or "IfNotPresent" or "Never", got `Sometimes`/],
    [
      { coreTemplate: { spec: { replicas: 0 } } },
      /`coreTemplate.spec.replicas` to be an integer from 1/,
    ],
    [{ coreTemplate: { spec: { replicas: 1.5 } } }, /got `1.5`/],
    [{ coreTemplate: { spec: { replicas: "3" } } }, /`coreTemplate.spec.replicas`/],
    [
      { updateStrategy: { evacuationStrategy: { connEvictRate: 0 } } },
      /Expected `updateStrategy.evacuationStrategy.connEvictRate` to be an integer of at least 1, got `0`\./,
    ],
    [{ updateStrategy: { type: "RollingUpdate" } }, /"Recreate", got `RollingUpdate`/],
    [{ updateStrategy: { onFailure: "ignore" } }, /"abort" or "hold"/],
    [{ updateStrategy: [] }, /Expected `updateStrategy` to be an object, got a list/],
    [
      { replicantTemplate: { spec: { replicas: -1 } } },
      /`replicantTemplate.spec.replicas` to be an integer from 0 to 1000, got `-1`/,
    ],
    [
      { replicantTemplate: { spec: { replica: 2 } } },
      /Unknown field `replicantTemplate.spec.replica`\. Fields of replicantTemplate.spec: replicas, /,
    ],
    [
      { replicantTemplate: { spec: { volumeClaimTemplates: {} } } },
      /`replicantTemplate.spec.volumeClaimTemplates` cannot be set: a replicant keeps nothing on disk/,
    ],
    [
      { replicantTemplate: { spec: { minAvailable: 1, maxUnavailable: 1 } } },
      /only one of `minAvailable` and `maxUnavailable` in `replicantTemplate.spec`/,
    ],
    [
      { replicantTemplate: { metadata: { labels: { "app.kubernetes.io/component": "x" } } } },
      /`replicantTemplate.metadata.labels` cannot contain `app.kubernetes.io\/component`/,
    ],
    [{ replicantTemplate: { ignoreReplicas: 1 } }, /`replicantTemplate.ignoreReplicas`/],
    [
      { image: "emqx/emqx:5.8.6", replicantTemplate: {} },
      /`replicantTemplate` cannot be set: `emqx\/emqx:5.8.6` is open-source EMQX 5.8, .* core nodes only/,
    ],
    [
      { image: "emqx:5", replicantTemplate: { spec: { replicas: 1 } } },
      /`emqx:5` is open-source EMQX 5.8/,
    ],
    [
      { image: "emqx/emqx-ee:4.4.14" },
      /Expected `image` to be EMQX 5 or 6, got EMQX 4 .* Deploy it by `EmqxEnterprise`/,
    ],
    [{ monitoring: { podMonitor: { every: "5s" } } }, /`monitoring.podMonitor.every`/],
    [{ colour: 1 }, /Unknown field `colour`\. Fields of the arguments: .*image/],
    [
      { coreTemplate: { spec: { enviroment: [] } } },
      /Unknown field `coreTemplate.spec.enviroment`\. Fields of coreTemplate.spec: /,
    ],
    [
      { coreTemplate: { spec: { minAvailable: 1, maxUnavailable: 1 } } },
      /only one of `minAvailable` and `maxUnavailable`/,
    ],
    [
      { coreTemplate: { metadata: { labels: { "emqx.io/revision": "x" } } } },
      /cannot contain `emqx.io\/revision`/,
    ],
    [
      { listenersServiceTemplate: { spec: { selector: { a: "b" } } } },
      /`listenersServiceTemplate.spec.selector` cannot be set/,
    ],
    [{ listenersServiceTemplate: { enabled: false } }, /cannot be false/],
    [{ bootstrapAPIKeys: [{ key: "a" }] }, /either `key` and `secret` or `secretRef`/],
    [{ bootstrapAPIKeys: [{ key: "a b", secret: "abc" }] }, /`bootstrapAPIKeys\[0\].key`/],
    [{ config: { data: "dashboard.listeners.http.bind = 0" } }, /`dashboard.listeners.http`/],
    [{ config: { data: "mqtt {" } }, /bracket of `config.data` .* got a `{` in line 1 without/],
    [{ config: { data: "#".repeat(1_000_001) } }, /at most 1000000 bytes/],
  ];
  for (const [args, expected] of cases) {
    const found = reasons(args);
    assert.equal(found.length, 1, `${JSON.stringify(args).slice(0, 80)}: ${found.join(" | ")}`);
    assert.match(found[0] ?? "", expected);
  }
});

test("reports all problems at once", () => {
  assert.equal(
    reasons({ colour: 1, license: 5, coreTemplate: { spec: { replicas: 0 } } }).length,
    3,
  );
  assert.match(validateCluster({})[0]?.reason ?? "", /Expected `image` to be set, got nothing/);
});

test("never repeats a secret", () => {
  const found = reasons({
    license: "top secret",
    bootstrapAPIKeys: [{ key: "a", secret: "to:psecret" }],
    kubeconfig: "",
  });
  assert.equal(found.length, 3);
  assert.doesNotMatch(found.join("\n"), /top ?secret|psecret/);
});

test("skips what Pulumi does not know yet, at any depth", () => {
  assert.deepEqual(
    reasons({
      image: UNKNOWN,
      coreTemplate: { spec: { replicas: UNKNOWN, env: UNKNOWN } },
      replicantTemplate: { spec: { replicas: UNKNOWN } },
      monitoring: UNKNOWN,
      updateStrategy: UNKNOWN,
      config: { data: UNKNOWN },
      bootstrapAPIKeys: [{ key: UNKNOWN, secret: UNKNOWN }],
    }),
    [],
  );
});

test("takes replicants where the release has them, and none anywhere", () => {
  for (const release of ["emqx/emqx:5.0.6", "emqx/emqx-enterprise:5.8.4", "emqx/emqx:6.1.0"]) {
    assert.deepEqual(reasons({ image: release, replicantTemplate: {} }), [], release);
  }
  const none = { spec: { replicas: 0 } };
  assert.deepEqual(reasons({ image: "emqx/emqx:5.8.6", replicantTemplate: none }), []);
});

test("the dashboard may not be switched off for replicants alone either", () => {
  const env = [{ name: "EMQX_DASHBOARD__LISTENERS__HTTP__BIND", value: "0" }];
  assert.match(
    reasons({ replicantTemplate: { spec: { env } } }).join(),
    /`dashboard.listeners.http` or `.https` to listen on a port/,
  );
});
