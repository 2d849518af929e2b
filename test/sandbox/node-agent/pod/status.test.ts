import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerStatus } from "../../../../sandbox/node-agent/kube/types";
import { podPhase, podStatus } from "../../../../sandbox/node-agent/pod/status";
import { makePod } from "../fixtures/objects";

const running: ContainerStatus = {
  name: "emqx",
  image: "emqx/emqx:6.0.1",
  imageID: "",
  ready: true,
  started: true,
  restartCount: 0,
  state: { running: { startedAt: "2026-11-21T10:00:00Z" } },
  lastState: {},
};

function facts(status: Partial<ContainerStatus>, policy = "Always") {
  return {
    pod: makePod({}, { restartPolicy: policy }),
    podIP: "10.88.1.2",
    startTime: "2026-11-21T10:00:00Z",
    initStatuses: [],
    statuses: [{ ...running, ...status }],
    initialized: true,
    sandboxReady: true,
  };
}

const waiting = { waiting: { reason: "ContainerCreating" } };
const ended = (exitCode: number) => ({ terminated: { exitCode, reason: "Error" } });

test("a pod is pending until its container has started once", () => {
  assert.equal(podPhase(facts({ state: waiting })), "Pending");
  assert.equal(podPhase(facts({ state: waiting, lastState: ended(1) })), "Running");
  assert.equal(podPhase(facts({})), "Running");
});

test("how a pod ends depends on exit code and restart policy", () => {
  assert.equal(podPhase(facts({ state: ended(1) })), "Running");
  assert.equal(podPhase(facts({ state: ended(0) }, "Never")), "Succeeded");
  assert.equal(podPhase(facts({ state: ended(1) }, "Never")), "Failed");
  assert.equal(podPhase(facts({ state: ended(1) }, "OnFailure")), "Running");
});

test("a deleted pod whose processes ended is over whatever its policy", () => {
  const gone = facts({ state: ended(0) });
  gone.pod.metadata.deletionTimestamp = "2026-11-21T10:00:00Z";
  assert.equal(podPhase(gone), "Succeeded");
  gone.statuses = [{ ...running, state: ended(137) }];
  assert.equal(podPhase(gone), "Failed");
});

test("a transition time changes exactly when the condition's status changes", () => {
  const first = podStatus(facts({ ready: false }), [], "T1");
  const second = podStatus(facts({ ready: true }), first.conditions ?? [], "T2");
  const times = Object.fromEntries(
    (second.conditions ?? []).map(({ type, status, lastTransitionTime }) => [
      type,
      `${status} ${lastTransitionTime}`,
    ]),
  );
  assert.deepEqual(times, {
    PodReadyToStartContainers: "True T1",
    Initialized: "True T1",
    Ready: "True T2",
    ContainersReady: "True T2",
    PodScheduled: "True T1",
  });
});

test("a condition that turned true takes its old reason away", () => {
  const first = podStatus(facts({ ready: false }), [], "T1");
  const before = first.conditions?.find(({ type }) => type === "Ready");
  assert.equal(before?.reason, "ContainersNotReady");
  assert.equal(before?.message, "containers with unready status: [emqx]");
  const second = podStatus(facts({}), first.conditions ?? [], "T2");
  const after: { reason?: string | null } | undefined = second.conditions?.find(
    ({ type }) => type === "Ready",
  );
  assert.equal(after?.reason, null);
});

test("an unmet readiness gate keeps a pod with ready containers unready", () => {
  const gated = facts({});
  gated.pod.spec.readinessGates = [{ conditionType: "example.com/gate" }];
  const ready = () =>
    podStatus(gated, [], "T1").conditions?.find(({ type }) => type === "Ready")?.status;
  assert.equal(ready(), "False");
  gated.pod.status = { conditions: [{ type: "example.com/gate", status: "True" }] };
  assert.equal(ready(), "True");
});
