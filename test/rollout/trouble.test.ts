import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesClient } from "../../components/kubernetes/client";
import { troubleOf, Troubles } from "../../components/rollout/trouble";
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

test("a kubelet that is slow with its logs holds up no look, and is heard at a later one", async () => {
  let asked = 0;
  const kube = {
    list: () => Promise.resolve([]),
    logs: async () => {
      asked += 1;
      await sleep(1500);
      return ["listener failed"];
    },
  } as unknown as KubernetesClient;
  const troubles = new Troubles(kube);
  const crashing = { ...pod(CRASHING), metadata: { name: "p", uid: "1" } };
  const began = Date.now();
  const first = await troubles.explain(crashing);
  assert.ok(Date.now() - began < 1400, "the look does not wait for the log");
  assert.doesNotMatch(first.trouble ?? "", /listener failed/);
  const second = await troubles.explain(crashing);
  assert.match(second.trouble ?? "", /log: listener failed/);
  assert.equal(asked, 1, "one question at a time");
});
