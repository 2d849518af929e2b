import assert from "node:assert/strict";
import { after, before } from "node:test";
import { prepareNamespace, type Role } from "../../sandbox/control-plane/access";
import { writesSince } from "../../sandbox/measure/audit";
import { ROLLOUT } from "../e2e/support/cluster";
import { ApiBench } from "./support/api-upgrade";
import { fault, type Course } from "./support/fault";

// What the API server rightly refuses: missing rights, quotas, admission, a namespace that ends.
const RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles/pulumi-emqx-rollout";
const ADMISSION = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic";
const STRATEGY = { updateStrategy: { progressDeadlineSeconds: 25 } };
let api: ApiBench;

before(async () => {
  api = await ApiBench.open("api-rules", STRATEGY);
  api.bench.mayBeDenied = true;
});
after(() => api?.close());

/** Takes verbs on a resource away from Pulumi; the answer gives everything back. */
async function revoke(resource: string, verb: string): Promise<() => Promise<void>> {
  const { bench } = api;
  const { rules } = await bench.api.get<Role>(RBAC);
  const left = rules.map((rule) =>
    rule.resources.includes(resource)
      ? { ...rule, verbs: rule.verbs.filter((each) => each !== verb) }
      : rule,
  );
  await bench.api.patch(RBAC, { rules: left });
  return () => prepareNamespace(bench.api, "default");
}

/** Sets that exist, and who is connected where: blue as it was. */
const setNames = async (): Promise<string[]> =>
  (await api.bench.sets(api.scenario.watched)).map(({ metadata }) => metadata.name);

/** An upgrade whose first `pulumi up` fails with a message, and whose second one ends it. */
async function failsThenGoesOn(
  { injected, handled }: Course,
  rule: () => Promise<() => Promise<unknown>>,
  messages: RegExp[],
  { phase, untouched }: { phase?: string; untouched?: boolean } = {},
): Promise<void> {
  const before = await setNames();
  // A rule that is there from the start must be, before anything runs.
  let lift = phase === undefined ? await rule() : undefined;
  if (lift) injected();
  try {
    await api.upgrade(async (result) => {
      if (phase !== undefined) {
        await api.reached(phase);
        lift = await rule();
        injected();
      }
      const { code, output } = await result;
      handled();
      assert.notEqual(code, 0, output);
      for (const message of messages) assert.match(output, message);
      if (untouched) assert.deepEqual(await setNames(), before, "only blue is there");
      await lift?.();
      lift = undefined;
      await api.scenario.stack.up();
    });
  } finally {
    await lift?.();
  }
}

fault(
  {
    id: "api-rbac-preflight",
    title: "a right that is missing is named before anything is written",
    deadlineSeconds: 240,
  },
  async (course) => {
    const since = Date.now();
    let writes: string[] = [];
    await failsThenGoesOn(
      course,
      async () => {
        const lift = await revoke("statefulsets", "create");
        return async () => {
          const seen = writesSince(api.bench.sandbox.auditLog, since, ROLLOUT);
          writes = seen.map(({ object }) => object);
          await lift();
        };
      },
      [/EMQX_PREFLIGHT_FAILED/, /create statefulsets/, /Nothing was changed/],
      { untouched: true },
    );
    assert.deepEqual(
      writes.filter((object) => /^(statefulsets|pods|services)\b/.test(object)),
      [],
    );
  },
);

fault(
  {
    id: "api-rbac-revoked",
    title: "a right revoked in the middle ends the up with verb and resource, and the next goes on",
    deadlineSeconds: 240,
  },
  (course) =>
    failsThenGoesOn(
      course,
      () => revoke("statefulsets", "patch"),
      [/EMQX_KUBERNETES_DENIED/, /cannot patch resource "statefulsets"/],
      { phase: "Evacuate" },
    ),
);

fault(
  {
    id: "api-quota",
    title: "a quota that leaves no room for green is told, and blue stays untouched",
    deadlineSeconds: 300,
  },
  (course) =>
    failsThenGoesOn(
      course,
      async () => {
        const path = "/api/v1/namespaces/default/resourcequotas";
        const { bench, scenario } = api;
        const pods = (await bench.pods(scenario.watched)).length;
        const metadata = { name: "no-room" };
        await bench.api.create(path, { metadata, spec: { hard: { pods: String(pods) } } });
        return () => bench.api.delete(`${path}/no-room`);
      },
      [/EMQX_PROGRESS_DEADLINE/, /0 of 3 pods; FailedCreate: .*exceeded quota: no-room/],
      { untouched: true },
    ),
);

fault(
  {
    id: "api-admission",
    title: "an admission policy that refuses the set is told in its own words",
    deadlineSeconds: 240,
  },
  (course) =>
    failsThenGoesOn(course, refuseSets, [/EMQX_KUBERNETES_ERROR/, /not on a Saturday/], {
      untouched: true,
    }),
);

/** A ValidatingAdmissionPolicy against new StatefulSets. */
async function refuseSets(): Promise<() => Promise<unknown>> {
  const { api: kube } = api.bench;
  const apiVersion = "admissionregistration.k8s.io/v1";
  const metadata = { name: "no-sets" };
  const rule = {
    apiGroups: ["apps"],
    apiVersions: ["v1"],
    operations: ["CREATE"],
    resources: ["statefulsets"],
  };
  await kube.create(`${ADMISSION}ies`, {
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata,
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: "false", message: "not on a Saturday" }],
    },
  });
  await kube.create(`${ADMISSION}ybindings`, {
    apiVersion,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata,
    spec: { policyName: "no-sets", validationActions: ["Deny"] },
  });
  // The API server takes policies up by and by.
  await untilRefused();
  return async () => {
    await kube.delete(`${ADMISSION}ybindings/no-sets`);
    await kube.delete(`${ADMISSION}ies/no-sets`);
  };
}

async function untilRefused(): Promise<void> {
  const path = "/apis/apps/v1/namespaces/default/statefulsets?dryRun=All";
  const labels = { app: "probe" };
  const container = { name: "c", image: "emqx/emqx:6.0.1" };
  const set = {
    metadata: { name: "probe" },
    spec: {
      serviceName: "probe",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
  for (let attempt = 0; attempt < 120; attempt += 1) {
    try {
      await api.bench.api.create(path, set);
    } catch (error) {
      if (String(error).includes("not on a Saturday")) return;
      throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("Expected the policy to be in force within 30 s.");
}

fault(
  {
    id: "api-namespace-deleted",
    title: "an upgrade in a namespace that is being deleted ends with a message that says so",
    deadlineSeconds: 240,
  },
  async ({ injected, handled }) => {
    const { bench } = api;
    await prepareNamespace(bench.api, "doomed");
    const doomed = await bench.scenario("doomed", { namespace: "doomed", cluster: "doomed" });
    await doomed.stack.up();
    await doomed.setImage("emqx/emqx:6.0.2");
    const { result } = doomed.stack.startUp();
    await api.reached("WaitGreen", 300, doomed);
    injected();
    await bench.api.delete("/api/v1/namespaces/doomed");
    const { code, output } = await result;
    handled();

    assert.notEqual(code, 0, output);
    // Which one depends on whether the runner's own Role is gone already.
    assert.match(output, /EMQX_KUBERNETES_(ERROR|DENIED)/);
    assert.match(output, /the namespace is being deleted/);
  },
);
