import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { Scenario } from "../../sandbox/scenario";
import { Bench } from "../e2e/support/cluster";
import { brokenInvariants } from "../e2e/support/faults";
import { assertGraceful } from "../e2e/support/graceful";
import { Hands } from "./support/hands";
import { fault } from "./support/fault";
import { withFleet } from "./support/kept";

// Green that cannot come up: nobody on blue may notice, the reason is told, and the next program
// that is right goes through. One cluster, one image after the other.
const CLIENTS = 80;
const OFFLINE = 20;
const IMAGES = ["6.0.2", "6.0.3", "6.1.0", "6.1.1", "6.2.0", "6.2.1", "6.3.0"];
let bench: Bench;
let scenario: Scenario;
let hands: Hands;

before(async () => {
  // Kubelet's back-off begins at 10 s, which is longer than the deadlines of this file.
  process.env.SANDBOX_BACKOFF_MS = "2000";
  bench = await Bench.open();
  scenario = await bench.scenario("pods-green");
  hands = new Hands(bench, scenario);
  await scenario.stack.up();
});
after(() => bench?.close());

interface Case {
  id: string;
  what: string;
  /** Seconds that green gets. */
  deadline: number;
  /** Seconds within which the command must have ended. */
  seconds: number;
  spec: object;
  says: RegExp[];
  onFailure?: "abort" | "hold";
  /** Image in place of the next one. */
  image?: string;
}

const container = (spec: object) => ({ coreTemplate: { spec } });

const cases: Case[] = [
  {
    id: "pod-image-pull",
    what: "an image that cannot be pulled turns back after 30 s, long before the deadline",
    deadline: 300,
    seconds: 90,
    spec: {},
    image: "emqx/emqx:6.1.0-missing",
    says: [/green cannot start/, /ImagePullBackOff|ErrImagePull/, /6\.1\.0-missing: not found/],
  },
  {
    id: "pod-crash-loop",
    what: "a container that ends again and again turns back long before the deadline, with its last words",
    deadline: 600,
    seconds: 150,
    spec: container({ env: [{ name: "EMQX_NODE__NAME", value: "broken" }] }),
    says: [/green cannot start/, /CrashLoopBackOff/, /log: .*Invalid node name: broken/],
  },
  {
    id: "pod-pending",
    what: "pods for which no node has room turn back, with the scheduler's words",
    deadline: 10,
    seconds: 45,
    spec: container({ resources: { requests: { cpu: "100" } } }),
    says: [/Unschedulable/, /0\/6 nodes are available: 6 Insufficient cpu/],
  },
  {
    id: "pod-oom",
    what: "a container that is killed for its memory turns back and is called OOMKilled",
    deadline: 20,
    seconds: 60,
    spec: container({ resources: { limits: { memory: "24Mi" } } }),
    says: [/OOMKilled/, /exit code 137 \(OOMKilled\)/],
  },
  {
    id: "pod-never-ready",
    what: "pods that never get Ready turn back, with what their probe says",
    deadline: 15,
    seconds: 60,
    spec: container({ readinessProbe: { httpGet: { path: "/nowhere", port: 18083 } } }),
    says: [/0\/3 green nodes ready/, /not Ready/, /Readiness probe failed/],
  },
  {
    id: "pod-never-ready-hold",
    what: "with onFailure hold a green that never gets Ready is kept for a look, beside blue",
    deadline: 15,
    seconds: 60,
    spec: container({ readinessProbe: { httpGet: { path: "/nowhere", port: 18083 } } }),
    onFailure: "hold",
    says: [/0\/3 green nodes ready/, /not Ready/],
  },
  {
    id: "pod-wrong-cookie",
    what: "pods that are Ready but not in the cluster turn back",
    deadline: 15,
    seconds: 60,
    spec: container({ env: [{ name: "EMQX_NODE__COOKIE", value: "another" }] }),
    says: [/3\/3 green nodes ready, joining/],
  },
];

for (const [index, given] of cases.entries()) {
  const { id, what, deadline, seconds, spec, says, onFailure = "abort" } = given;
  const next = `emqx/emqx:${IMAGES[index]}`;

  fault({ id, title: what, deadlineSeconds: seconds }, async ({ injected, handled }) => {
    const strategy = { updateStrategy: { progressDeadlineSeconds: deadline, onFailure } };
    const before = await hands.uids();
    const sets = (await bench.sets(scenario.watched)).map(({ metadata }) => metadata.name);
    await withFleet(scenario, [CLIENTS, OFFLINE], async (fleet) => {
      await scenario.setImage(given.image ?? next);
      await scenario.setSpec({ ...spec, ...strategy });

      const { code, output } = await hands.upWith(["CreateGreen", "WaitGreen"], async () =>
        injected(),
      );
      handled();

      assert.notEqual(code, 0, output);
      assert.match(output, /EMQX_PROGRESS_DEADLINE/);
      assert.match(output, /emqx-core-\w+-\d: /);
      for (const text of says) assert.match(output, text);
      const after = await hands.uids();
      for (const [pod, uid] of Object.entries(before)) assert.equal(after[pod], uid, pod);
      const left = (await bench.sets(scenario.watched)).map(({ metadata }) => metadata.name);
      if (onFailure === "hold") assert.equal(left.length, 2, "green is there to be looked at");
      else assert.deepEqual(left, sets, "green is gone");
      assert.deepEqual((await fleet.figures()).disconnects, []);
      assert.equal(fleet.latest()?.sample.total, CLIENTS);

      await scenario.setImage(next);
      await scenario.setSpec({});
      const report = await scenario.measure(fleet, next);
      assertGraceful(report, brokenInvariants(report));
      assert.deepEqual([report.sets.blue], sets);
    });
  });
}
