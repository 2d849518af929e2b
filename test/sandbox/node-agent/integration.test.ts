import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { PassThrough } from "node:stream";
import { after, before, test } from "node:test";
import { isNotFound } from "../../../sandbox/node-agent/kube/client";
import type { ContainerSpec, Pod, Service } from "../../../sandbox/node-agent/kube/types";
import { processAddress } from "../../../sandbox/node-agent/network/addresses";
import type { Cluster } from "./fixtures/cluster";
import { eventsOf, isReady, podThat, PODS, startCluster, until } from "./fixtures/cluster";
import { statefulSetObjects } from "./fixtures/stateful-set";

let cluster: Cluster;
before(async () => (cluster = await startCluster()), { timeout: 180_000 });
after(async () => cluster?.end());

function createPod(name: string, container: Partial<ContainerSpec> = {}): Promise<Pod> {
  return cluster.client.create<Pod>(PODS, {
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "emqx", image: "emqx/emqx:6.0.1", ...container }],
    },
  });
}

const state = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state;
const waitsFor = (reason: string) => (pod: Pod) => state(pod)?.waiting?.reason === reason;

async function readUrl(url: string): Promise<string> {
  const [response] = (await once(http.get(url), "response")) as [http.IncomingMessage];
  return Buffer.concat(await response.toArray()).toString();
}

test("a StatefulSet runs with its env, files, claim, names and Service", async () => {
  const { client, sandbox } = cluster;
  for (const [collection, object] of statefulSetObjects()) await client.create(collection, object);
  const pod = await podThat(cluster, "emqx-core-1", "is ready", isReady);
  const host = processAddress(pod.status?.podIP ?? "");
  const env = JSON.parse(await readUrl(`http://${host}:18083/env`)) as Record<string, string>;
  assert.equal(env.EMQX_HOST, "emqx-core-1.emqx-headless.default.svc.cluster.local");
  assert.equal(env.COOKIE, "s3cret");
  assert.equal(env.SANDBOX_POD_IP, pod.status?.podIP);
  assert.equal(await readUrl(`http://${host}:18083/file/opt/emqx/etc/emqx.conf`), "mqtt {}");
  assert.equal(await readUrl(`http://${host}:18083/file/opt/emqx/data/bootstrap_api_key`), "a:b");
  const names = await until("both pods in the hosts file", async () => {
    const lines = readFileSync(path.join(sandbox.dir, "hosts"), "utf8").trim().split("\n");
    return lines.length === 2 && lines;
  });
  const zone = "emqx-headless.default.svc.cluster.local";
  assert.ok(names.includes(`${host} emqx-core-1.${zone} ${zone}`));
  const service = await until("the load balancer's address", async () => {
    const found = await client.get<Service>("/api/v1/namespaces/default/services/emqx");
    return found.status?.loadBalancer?.ingress?.[0]?.ip === "127.0.0.1" && found;
  });
  const nodePort = service.spec.ports?.[0]?.nodePort ?? 0;
  const echoed = await until("an echo by the node port", () => echo(net.connect(nodePort)));
  assert.equal(echoed, "ping");
  assert.deepEqual(
    (await eventsOf(cluster, pod)).filter((event) =>
      /^(Scheduled|Pulled|Created|Started)/.test(event),
    ).length,
    4,
  );
});

async function echo(socket: net.Socket): Promise<string> {
  socket.write("ping");
  const [data] = (await once(socket, "data", { signal: AbortSignal.timeout(3000) })) as [Buffer];
  socket.destroy();
  return data.toString();
}

test("logs and port-forward reach the pod through the API server", async () => {
  const { KubeConfig, PortForward } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(cluster.sandbox.kubeconfig);
  const input = new PassThrough();
  const output = new PassThrough();
  const socket = await new PortForward(config).portForward(
    "default",
    "emqx-core-0",
    [1883],
    output,
    null,
    input,
  );
  const payload = Buffer.alloc(3_000_000, "x");
  input.write(payload);
  let received = 0;
  for await (const chunk of output) {
    received += (chunk as Buffer).length;
    if (received >= payload.length) break;
  }
  assert.equal(received, payload.length);
  if (typeof socket !== "function") socket.close();
  const { Log } = await import("@kubernetes/client-node");
  const log = new PassThrough();
  const options = { tailLines: 1 };
  await new Log(config).log("default", "emqx-core-0", "emqx", log, options);
  assert.equal(Buffer.concat(await log.toArray()).toString(), "tiny emqx serves\n");
});

test("a deleted pod gets SIGTERM, leaves the endpoints and comes back under a new address", async () => {
  const { client } = cluster;
  const old = await podThat(cluster, "emqx-core-0", "is ready", isReady);
  await client.delete(`${PODS}/emqx-core-0`);
  const next = await podThat(
    cluster,
    "emqx-core-0",
    "is a new one and ready",
    (pod) => pod.metadata.uid !== old.metadata.uid && isReady(pod),
  );
  assert.notEqual(next.status?.podIP, old.status?.podIP);
  const log = path.join(
    cluster.sandbox.dir,
    "pod-logs",
    `default_emqx-core-0_${old.metadata.uid}/emqx/0.log`,
  );
  assert.match(readFileSync(log, "utf8"), /tiny emqx stops\n$/);
  const { items } = await client.get<{ items: { endpoints: { addresses: string[] }[] }[] }>(
    "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=emqx",
  );
  const listed = items.flatMap(({ endpoints }) => endpoints.flatMap(({ addresses }) => addresses));
  assert.ok(!listed.includes(old.status?.podIP ?? ""));
});

test("a process that ignores SIGTERM is killed when its grace is over", async () => {
  await createPod("stubborn", { env: [{ name: "MODE", value: "stubborn" }] });
  const pod = await podThat(cluster, "stubborn", "is ready", isReady);
  await until("the handler of SIGTERM", () =>
    readUrl(`http://${processAddress(pod.status?.podIP ?? "")}:18083/`),
  );
  await cluster.client.delete(`${PODS}/stubborn`);
  await until("the end of the pod", async () =>
    cluster.client.get(`${PODS}/stubborn`).then(
      () => false,
      (error) => isNotFound(error),
    ),
  );
});

test("a process that fails is restarted with back-off and reported", async () => {
  const created = await createPod("crash", { env: [{ name: "MODE", value: "crash" }] });
  const pod = await podThat(
    cluster,
    "crash",
    "is in CrashLoopBackOff",
    waitsFor("CrashLoopBackOff"),
  );
  const [status] = pod.status?.containerStatuses ?? [];
  assert.equal(status?.lastState.terminated?.exitCode, 3);
  assert.ok((status?.restartCount ?? 0) >= 1);
  const events = await until("the event BackOff", async () => {
    const all = await eventsOf(cluster, created);
    return all.some((event) => event.startsWith("BackOff: Back-off restarting failed")) && all;
  });
  assert.ok(events.includes("Started: Started container emqx"));
});

test("a failing liveness probe restarts the container, with a new file system", async () => {
  const created = await createPod("sick", {
    livenessProbe: { httpGet: { path: "/", port: 18083 }, periodSeconds: 1, failureThreshold: 2 },
  });
  const pod = await podThat(cluster, "sick", "is ready", isReady);
  const url = `http://${processAddress(pod.status?.podIP ?? "")}:18083/break`;
  await until("an answer of the process", () => readUrl(url));
  await podThat(
    cluster,
    "sick",
    "runs again",
    (now) => now.status?.containerStatuses?.[0]?.restartCount === 1 && isReady(now),
  );
  const events = await eventsOf(cluster, created);
  assert.ok(
    events.includes("Killing: Container emqx failed liveness probe, will be restarted"),
    events.join("\n"),
  );
});

test("images and references that do not exist are reported as kubelet does", async () => {
  await createPod("bad-tag", { image: "emqx/emqx:9.9.9" });
  await createPod("bad-name", { image: "emqx/EMQX:6.0.1" });
  await createPod("never", { image: "emqx/emqx:5.8.0", imagePullPolicy: "Never" });
  const secretKeyRef = { name: "nope", key: "k" };
  await createPod("no-secret", { env: [{ name: "A", valueFrom: { secretKeyRef } }] });
  await podThat(cluster, "bad-tag", "backs off", waitsFor("ImagePullBackOff"));
  await podThat(cluster, "bad-name", "is refused", waitsFor("InvalidImageName"));
  await podThat(cluster, "never", "is refused", waitsFor("ErrImageNeverPull"));
  const pod = await podThat(cluster, "no-secret", "waits", waitsFor("CreateContainerConfigError"));
  assert.equal(state(pod)?.waiting?.message, 'secret "nope" not found');
  await cluster.client.create("/api/v1/namespaces/default/secrets", {
    metadata: { name: "nope" },
    stringData: { k: "v" },
  });
  await podThat(cluster, "no-secret", "runs once the secret exists", isReady);
});

test("a pod that asks for more than there is stays pending and is reported", async () => {
  const pod = await createPod("big", { resources: { requests: { cpu: "1000" } } });
  const events = await until("the event FailedScheduling", async () => {
    const all = await eventsOf(cluster, pod);
    return all.length > 0 && all;
  });
  assert.match(
    events[0] ?? "",
    /^FailedScheduling: 0\/6 nodes are available: 6 Insufficient cpu\./,
  );
  assert.equal((await cluster.client.get<Pod>(`${PODS}/big`)).spec.nodeName, undefined);
});
