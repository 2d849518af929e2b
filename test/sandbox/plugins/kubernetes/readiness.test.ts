import assert from "node:assert/strict";
import test from "node:test";
import { ApiClient } from "../../../../sandbox/plugins/kubernetes/api-client";
import { Cluster } from "../../../../sandbox/plugins/kubernetes/cluster";
import { readiness } from "../../../../sandbox/plugins/kubernetes/readiness";
import { waitForAnnotation } from "../../../../sandbox/plugins/kubernetes/wait-for";
import type { JsonObject } from "../../../../sandbox/plugins/rpc/json";

// Nobody listens there: whatever these objects need, they say it themselves.
const nowhere = new Cluster(new ApiClient({ server: "http://127.0.0.1:1", insecure: false }));

async function missing(kind: string, spec: JsonObject, status: JsonObject = {}): Promise<string[]> {
  const apiVersion = kind === "Service" ? "v1" : "apps/v1";
  const metadata = { name: "a", namespace: "n", generation: 2 };
  return (await readiness(nowhere, { apiVersion, kind, metadata, spec, status })).missing;
}

test("a Service without a selector, a headless and an external one wait for nothing", async () => {
  assert.deepEqual(await missing("Service", { type: "ClusterIP" }), []);
  assert.deepEqual(await missing("Service", { clusterIP: "None", selector: { a: "b" } }), []);
  assert.deepEqual(await missing("Service", { type: "ExternalName", selector: { a: "b" } }), []);
});

test("a LoadBalancer lacks its address until it has one", async () => {
  const [reason] = await missing("Service", { type: "LoadBalancer" });
  assert.match(reason ?? "", /^Service was not allocated an IP address/);
  const status = { loadBalancer: { ingress: [{ ip: "10.0.0.1" }] } };
  assert.deepEqual(await missing("Service", { type: "LoadBalancer" }, status), []);
});

test("a StatefulSet lacks replicas that are not ready or not seen yet", async () => {
  const counts = (readyReplicas: number, observedGeneration = 2): JsonObject => ({
    observedGeneration,
    readyReplicas,
    updatedReplicas: 2,
  });
  assert.deepEqual(await missing("StatefulSet", { replicas: 2 }, counts(1)), [
    "1 out of 2 replicas succeeded readiness checks",
  ]);
  assert.equal((await missing("StatefulSet", { replicas: 2 }, counts(2, 1))).length, 1);
  assert.deepEqual(await missing("StatefulSet", { replicas: 2 }, counts(2)), []);
  assert.deepEqual(await missing("StatefulSet", { replicas: 0 }, {}), []);
});

test("a Deployment repeats why it is not available", async () => {
  const condition = { type: "Available", status: "False", reason: "Few", message: "too few" };
  assert.deepEqual(await missing("Deployment", {}, { conditions: [condition] }), [
    "[Few] too few",
    "Minimum number of live Pods was not attained",
  ]);
});

test("waitFor understands paths, values and conditions", () => {
  const live = { status: { ports: [{ ip: "1" }], conditions: [{ type: "Ok", status: "True" }] } };
  const waits = (rule: string): string[] | undefined =>
    waitForAnnotation(live, { metadata: { annotations: { "pulumi.com/waitFor": rule } } });
  assert.deepEqual(waits("jsonpath={.status.ports[0].ip}"), []);
  assert.deepEqual(waits("jsonpath={.status.ports[0].ip}=1"), []);
  assert.equal(waits("jsonpath={.status.ports[0].ip}=2")?.length, 1);
  assert.equal(waits("jsonpath={.status.none}")?.length, 1);
  assert.deepEqual(waits("condition=Ok"), []);
  assert.equal(waits("condition=Ready")?.length, 1);
  assert.throws(() => waits("nonsense"), /is not understood/);
  assert.equal(waitForAnnotation(live, {}), undefined);
});
