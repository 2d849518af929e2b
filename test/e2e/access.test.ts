import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { prepareNamespace, shippedRoles } from "../../sandbox/control-plane/access";
import { mintLicense } from "../../sandbox/emqx/license";
import { deniedTo, podSecurityViolations, usesOf } from "../../sandbox/measure/access";
import { installDefinitions } from "../../sandbox/prometheus/definitions";
import type { KubeObject } from "../../sandbox/node-agent/kube/types";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, isReady } from "./support/cluster";

// Everything that the package does in Kubernetes, as a user with the shipped Roles only, in a
// namespace that enforces the Pod Security Standard `restricted`: one story in order.
const NAMESPACE = "strict";

/** Rights that nobody uses here, and who needs them. */
const ELSEWHERE = new Map([
  // A provider inside the cluster dials pods by their address.
  ["get /pods", "inside"],
  // Kubernetes 1.35 and later ask for it in place of `get`.
  ["create /pods/portforward", "newer Kubernetes"],
  // Informers of the real plugin, see provider/pkg/await/condition/source.go; the sandbox's polls.
  ...["secrets", "services", "serviceaccounts", "configmaps"].map(
    (plural) => [`watch /${plural}`, "plugin"] as const,
  ),
  ...["secrets", "services", "serviceaccounts"].map(
    (plural) => [`list /${plural}`, "plugin"] as const,
  ),
  ["list policy/poddisruptionbudgets", "plugin"],
  ["watch policy/poddisruptionbudgets", "plugin"],
  // Their labels change when a later version of the package changes them.
  ["patch /secrets", "a newer package"],
  ["patch /serviceaccounts", "a newer package"],
]);

/** For upgrades that are to fail. */
const SOON = { updateStrategy: { progressDeadlineSeconds: 15 } };
const SPEC = {
  monitoring: { grafanaDashboard: { folder: "MQTT" } },
  coreTemplate: {
    spec: {
      volumeClaimTemplates: {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: "16Mi" } },
      },
    },
  },
};
interface Claim extends KubeObject {
  spec: { accessModes: string[]; resources: object };
}

let bench: Bench;
let scenario: Scenario;

before(async () => {
  bench = await Bench.open();
  await installDefinitions(bench.sandbox.kubeconfig);
  await prepareNamespace(bench.api, NAMESPACE);
  scenario = await bench.scenario("access", {
    namespace: NAMESPACE,
    replicas: 2,
    replicants: 2,
    spec: SPEC,
  });
});
after(() => bench?.close());

test("pods of both roles pass the standard `restricted`, which their namespace enforces", async () => {
  const { output } = await scenario.stack.up();
  assert.doesNotMatch(output, /PodSecurity|would violate/);
  const pods = await bench.pods(scenario.watched);
  assert.deepEqual(pods.map(isReady), [true, true, true, true]);
  assert.deepEqual(podSecurityViolations(bench.sandbox.auditLog), []);
});

test("a pod that breaks it would not be admitted", async () => {
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "loose" },
    spec: { containers: [{ name: "emqx", image: "emqx/emqx:6.0.1" }] },
  };
  await assert.rejects(
    bench.api.create(`/api/v1/namespaces/${NAMESPACE}/pods`, body),
    /violates PodSecurity "restricted/,
  );
});

test("with the shipped Roles an upgrade, a scaling, a failure, a refresh and a destroy are done", async () => {
  const { stack } = scenario;
  await scenario.setImage("emqx/emqx:6.1.0");
  await stack.up();
  // Every object that the component declares changes once.
  await stack.setSecret("license", mintLicense({ maxSessions: 500, expiresInDays: 90 }));
  await scenario.setSpec({
    ...SPEC,
    monitoring: { podMonitor: { interval: "7s" }, grafanaDashboard: { folder: "Brokers" } },
    coreTemplate: { spec: { ...SPEC.coreTemplate.spec, maxUnavailable: 2 } },
    listenersServiceTemplate: { metadata: { labels: { wave: "2" } } },
  });
  await scenario.scale({ replicants: 1 });
  await stack.up();
  await stack.refresh();

  await scenario.setSpec({ ...SPEC, ...SOON });
  await scenario.setImage("emqx/emqx:6.1.1-broken");
  const { code, output } = await stack.startUp().result;
  assert.notEqual(code, 0, output);
  assert.match(output, /EMQX_PROGRESS_DEADLINE/);
  await scenario.setImage("emqx/emqx:6.1.0");
  const env = [{ name: "EMQX_NODE__ROLE", value: "nonsense" }];
  await scenario.setSpec({
    ...SPEC,
    ...SOON,
    coreTemplate: { spec: { ...SPEC.coreTemplate.spec, env } },
  });
  const crashed = await stack.startUp().result;
  assert.notEqual(crashed.code, 0, crashed.output);
  await leaveClaimBehind();
  await stack.destroy();
  assert.deepEqual(deniedTo(bench.sandbox.auditLog), []);
});

/** A volume claim without a set, as an older Kubernetes leaves them: the others go with their sets. */
async function leaveClaimBehind(): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims`;
  const [claim] = (await bench.api.get<{ items: Claim[] }>(path)).items;
  assert.ok(claim, "a set with volumes has claims");
  const { accessModes, resources } = claim.spec;
  await bench.api.create(path, {
    metadata: { name: "left-behind", labels: claim.metadata.labels },
    spec: { accessModes, resources },
  });
}

test("every verb of the shipped Roles was used, or is known to be needed elsewhere", () => {
  const used = new Set(
    usesOf(bench.sandbox.auditLog).map(
      ({ verb, group, resource }) => `${verb} ${group}/${resource}`,
    ),
  );
  const granted = new Set(
    shippedRoles().flatMap(({ rules }) =>
      rules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
        ),
      ),
    ),
  );
  const unused = [...granted].filter((right) => !used.has(right));
  assert.deepEqual(unused.sort(), [...ELSEWHERE.keys()].sort());
});
