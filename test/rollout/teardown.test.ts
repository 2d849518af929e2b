import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { commonLabels, everyColour, everyPod, oneColour } from "../../components/labels";
import { World } from "./io-fixtures";

let world: World;
before(async () => {
  world = await World.start();
});
beforeEach(() => world.reset());
after(() => world.stop());

function populate(): void {
  const put = (plural: string, kind: string, name: string, labels: Record<string, string>) =>
    world.api.put(plural, { kind, metadata: { name, labels } });
  for (const revision of ["a", "b"]) {
    put("statefulsets", "StatefulSet", `c-core-${revision}`, oneColour("c", revision));
    put("configmaps", "ConfigMap", `c-config-${revision}`, commonLabels("c"));
  }
  put("deployments", "Deployment", "c-replicant-r", oneColour("c", "r", "replicant"));
  put("deployments", "Deployment", "exporter-of-the-program", everyPod("c"));
  put("configmaps", "ConfigMap", "c-config-r", commonLabels("c"));
  put("configmaps", "ConfigMap", "c-rollout", commonLabels("c"));
  put("configmaps", "ConfigMap", "c-of-the-program", commonLabels("c"));
  put("statefulsets", "StatefulSet", "d-core-a", oneColour("d", "a"));
  put("persistentvolumeclaims", "PersistentVolumeClaim", "data-0", oneColour("c", "a"));
  put("persistentvolumeclaims", "PersistentVolumeClaim", "data-exporter", everyColour("c"));
  put("leases", "Lease", "c-rollout", commonLabels("c"));
}

const left = () => [...world.api.objects.keys()].filter((key) => !/^(secrets|services)/.test(key));

test("every colour of both roles, record and lease go; volumes and what is not ours stay", async () => {
  populate();
  const lines: string[] = [];
  await world.connection.teardown((line) => lines.push(line));
  assert.deepEqual(left().sort(), [
    "configmaps/c-of-the-program",
    "deployments/exporter-of-the-program",
    "persistentvolumeclaims/data-0",
    "persistentvolumeclaims/data-exporter",
    "statefulsets/d-core-a",
  ]);
  assert.match(lines.at(-1)!, /Removed 2 StatefulSets and 1 Deployment with/);
});

test("volumes go when that is asked for", async () => {
  populate();
  await world.connection.teardown(() => {}, { deleteVolumes: true });
  const claims = left().filter((key) => key.startsWith("persistentvolumeclaims/"));
  assert.deepEqual(claims, ["persistentvolumeclaims/data-exporter"], "only ours go");
});

test("pods are waited for, and EMQX is not asked", async () => {
  populate();
  const emqx = await world.addPod("r", 0, { podIP: "10.88.1.1" }, "replicant");
  setTimeout(() => world.api.objects.delete("pods/c-replicant-r-0"), 300);
  const lines: string[] = [];
  await world.connection.teardown((line) => lines.push(line));
  assert.match(lines[0]!, /Waiting for 1 pod to end/);
  assert.deepEqual(emqx.requests, []);
});

test("pods that do not end are named with what to do, and the record stays", async () => {
  populate();
  await world.addPod("a", 1);
  await assert.rejects(
    world.connection.teardown(() => {}, { graceSeconds: -59.5 }),
    /c-core-a-1.*kubectl delete pod --force/s,
  );
  assert.ok(left().includes("configmaps/c-rollout"));
});

test("a second teardown finds nothing and is fine", async () => {
  await world.connection.teardown(() => {});
  assert.deepEqual(left(), []);
});
