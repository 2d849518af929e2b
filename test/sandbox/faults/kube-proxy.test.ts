import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { KubernetesClient } from "../../../components/kubernetes/client";
import { forwardDial } from "../../../components/kubernetes/port-forward";
import { KubeProxy } from "../../../sandbox/faults/kube-proxy";
import { FakeApi } from "../../kubernetes/fake-api";

const map = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "c", namespace: "ns" },
  data: { text: "x".repeat(1000) },
};
let api: FakeApi;
let proxy: KubeProxy;

before(async () => {
  api = await new FakeApi().start();
  proxy = new KubeProxy({ server: serverOf(api) });
  await proxy.accept();
});
afterEach(() => {
  proxy.heal();
  proxy.forget();
  api.requests.length = 0;
  api.objects.clear();
});
after(async () => {
  await proxy.close();
  await api.stop();
});

/** One request past every client of ours, which would ask again. */
const put = (): Promise<Response> =>
  fetch(`${proxy.url}/api/v1/namespaces/ns/configmaps/c?force=true`, {
    method: "PATCH",
    headers: { "user-agent": "somebody/1" },
    body: JSON.stringify(map),
  });

test("without a fault requests and answers pass unchanged", async () => {
  const response = await put();

  assert.equal(response.status, 200);
  assert.deepEqual(((await response.json()) as typeof map).data, map.data);
  assert.deepEqual(
    proxy.seen.map(({ method, agent, status }) => [method, agent, status]),
    [["PATCH", "somebody/1", 200]],
  );
});

test("a fault strikes as often as it was told, after as many as may pass", async () => {
  const effect = { kind: "answer", status: 429, retryAfter: 7 } as const;
  proxy.strike({ method: /PATCH/, path: /configmaps/, effect, skip: 1, times: 1 });

  const answers = [await put(), await put(), await put()];

  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 429, 200],
  );
  assert.equal(answers[1]?.headers.get("retry-after"), "7");
  assert.equal(api.requests.length, 2);
});

test("a fault for one user agent leaves the others alone", async () => {
  proxy.strike({ agent: /^other/, effect: { kind: "answer", status: 500 } });

  assert.equal((await put()).status, 200);
});

const cuts = [
  ["cut-before", 0, "before the API server hears of it"],
  ["cut-after", 1, "after the API server has done it"],
  ["cut-within", 1, "in the middle of the answer"],
] as const;
for (const [kind, heard, when] of cuts) {
  test(`a connection is cut ${when}`, async () => {
    proxy.strike({ effect: { kind } });

    await assert.rejects(put().then((response) => response.text()));

    assert.equal(api.objects.size, heard);
  });
}

test("an outage refuses connections and ends on the same address", async () => {
  const { url } = proxy;
  await proxy.refuse();
  await assert.rejects(put());
  await proxy.accept();

  assert.equal((await put()).status, 200);
  assert.equal(proxy.url, url);
});

test("a port-forward passes, and is cut on order", async () => {
  const echo = await new FakeApi().start();
  const { host } = new URL(serverOf(echo));
  api.forwards.set("p-0", Number(host.split(":")[1]));
  const kube = await KubernetesClient.open({ kubeconfig: kubeconfigOf(proxy.url) });
  const stream = await forwardDial(kube.config, "ns")("p-0", 1);
  const ended = new Promise((resolve) => stream.on("close", resolve));
  stream.write("GET /api/v1/namespaces/ns/pods HTTP/1.1\r\nhost: p\r\n\r\n");
  const [answer] = (await new Promise((resolve) =>
    stream.once("data", (...got) => resolve(got)),
  )) as [Buffer];

  assert.match(answer.toString(), /^HTTP\/1\.1 200/);
  assert.equal(proxy.cutForwards(), 1);
  await ended;
  await kube.close();
  await echo.stop();
});

const serverOf = ({ kubeconfig }: FakeApi): string =>
  (JSON.parse(kubeconfig) as { clusters: { cluster: { server: string } }[] }).clusters[0]?.cluster
    .server ?? "";

const kubeconfigOf = (server: string): string =>
  api.kubeconfig.replace(/http:\/\/127\.0\.0\.1:\d+/, server);
