import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, test } from "node:test";
import { MERGE_PATCH } from "../../../sandbox/node-agent/kube/client";
import type { Pod } from "../../../sandbox/node-agent/kube/types";
import { processAddress } from "../../../sandbox/node-agent/network/addresses";
import type { Cluster } from "./fixtures/cluster";
import { isReady, PODS, startCluster, until } from "./fixtures/cluster";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const labels = { app: "emqx", "app.kubernetes.io/component": "replicant" };

let cluster: Cluster;
before(async () => (cluster = await startCluster()), { timeout: 180_000 });
after(async () => cluster?.end());

/** Pods of the Deployment that are not ending, once they are so many and all ready. */
function readyPods(count: number, image: string): Promise<Pod[]> {
  return until(`${count} ready pods of ${image}`, async () => {
    const { items } = await cluster.client.get<{ items: Pod[] }>(`${PODS}?labelSelector=app=emqx`);
    const good = items.every((pod) => isReady(pod) && pod.spec.containers[0]?.image === image);
    return items.length === count && good && items;
  });
}

async function envOf(pod: Pod): Promise<Record<string, string>> {
  const url = `http://${processAddress(pod.status?.podIP ?? "")}:18083/env`;
  const [response] = (await once(http.get(url), "response")) as [http.IncomingMessage];
  return JSON.parse(Buffer.concat(await response.toArray()).toString()) as Record<string, string>;
}

test("a Deployment's pods run apart under their own addresses, whatever their container is called", async () => {
  const term = { labelSelector: { matchLabels: labels }, topologyKey: "kubernetes.io/hostname" };
  await cluster.client.create(DEPLOYMENTS, {
    metadata: { name: "emqx-replicant-abc" },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 5,
          affinity: {
            podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
          },
          containers: [
            {
              name: "emqx-ee-a",
              image: "emqx/emqx:5.8.6",
              ports: [{ name: "dashboard", containerPort: 18083 }],
              env: [
                { name: "EMQX_HOST", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
                { name: "EMQX_NODE_NAME", value: "emqx@$(EMQX_HOST)" },
              ],
              readinessProbe: { httpGet: { path: "/", port: "dashboard" }, periodSeconds: 1 },
              // Neither program exists in the sandbox: a hook that fails must not keep a pod.
              lifecycle: { preStop: { exec: { command: ["/opt/emqx/bin/emqx", "ctl", "stop"] } } },
            },
          ],
        },
      },
    },
  });
  const pods = await readyPods(3, "emqx/emqx:5.8.6");
  assert.equal(new Set(pods.map(({ spec }) => spec.nodeName)).size, 3);
  for (const pod of pods) {
    const env = await envOf(pod);
    assert.equal(env.EMQX_NODE_NAME, `emqx@${pod.status?.podIP}`);
    assert.equal(env.SANDBOX_IMAGE, "emqx/emqx:5.8.6");
  }
});

test("a Deployment that is scaled in gives up the pods with the least deletion cost", async () => {
  const pods = await readyPods(3, "emqx/emqx:5.8.6");
  const cost = "controller.kubernetes.io/pod-deletion-cost";
  const [keep, ...rest] = pods.map(({ metadata }) => metadata.name);
  for (const name of rest) {
    const metadata = { annotations: { [cost]: "-100" } };
    await cluster.client.patch(`${PODS}/${name}`, { metadata }, MERGE_PATCH);
  }
  const path = `${DEPLOYMENTS}/emqx-replicant-abc`;
  await cluster.client.patch(path, { spec: { replicas: 1 } }, MERGE_PATCH);
  const [left] = await readyPods(1, "emqx/emqx:5.8.6");
  assert.equal(left?.metadata.name, keep);
});

test("a Deployment rolls to another image", async () => {
  const path = `${DEPLOYMENTS}/emqx-replicant-abc`;
  const container = { name: "emqx-ee-a", image: "emqx:5" };
  await cluster.client.patch(path, {
    spec: { replicas: 2, template: { spec: { containers: [container] } } },
  });
  const pods = await readyPods(2, "emqx:5");
  assert.equal((await envOf(pods[0] as Pod)).SANDBOX_IMAGE, "emqx:5");
});
