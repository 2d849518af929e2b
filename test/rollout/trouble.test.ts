import assert from "node:assert/strict";
import { test } from "node:test";
import { troubleOf } from "../../components/rollout/trouble";
import type { Pod } from "../../components/kubernetes/shapes";
import { CRASHING, READY } from "./io-fixtures";

const pod = (status: Pod["status"]): Pod => ({ metadata: { name: "p" }, status });

test("a pod that is Ready or merely starting is no trouble", () => {
  assert.equal(troubleOf(pod(READY)), undefined);
  const starting = { waiting: { reason: "ContainerCreating" } };
  assert.equal(
    troubleOf(pod({ containerStatuses: [{ name: "emqx", state: starting }] })),
    undefined,
  );
});

test("a crash loop tells its exit code and restarts", () => {
  assert.deepEqual(troubleOf(pod(CRASHING)), {
    reason: "CrashLoopBackOff",
    message: "back-off 40s restarting, last exit code 137, 3 restarts",
  });
});

test("a container that was killed for its memory is told from one that failed", () => {
  const lastState = { terminated: { exitCode: 137, reason: "OOMKilled" } };
  const waiting = { reason: "CrashLoopBackOff", message: "back-off 10s" };
  assert.equal(
    troubleOf(pod({ containerStatuses: [{ name: "emqx", state: { waiting }, lastState }] }))
      ?.message,
    "back-off 10s, last exit code 137 (OOMKilled)",
  );
});

test("an image that cannot be pulled keeps Kubernetes' reason and words", () => {
  const waiting = { reason: "ErrImagePull", message: "manifest unknown" };
  assert.deepEqual(troubleOf(pod({ containerStatuses: [{ name: "emqx", state: { waiting } }] })), {
    reason: "ErrImagePull",
    message: "manifest unknown",
  });
});

test("a pod without a node says why it was not scheduled", () => {
  const conditions = [
    {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message: "0/3 nodes are available: 3 Insufficient memory.",
    },
  ];
  assert.deepEqual(troubleOf(pod({ phase: "Pending", conditions })), {
    reason: "Unschedulable",
    message: "0/3 nodes are available: 3 Insufficient memory.",
  });
});
