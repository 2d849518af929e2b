import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { KubernetesClient } from "../../components/kubernetes/client";
import { failure, FakeApi } from "./fake-api";
import { code } from "../support/error-code";

const PATIENCE = { totalMs: 400, firstPauseMs: 5, maxPauseMs: 20 };
const pod = { kind: "Pod", namespace: "ns", name: "p-0" } as const;
let api: FakeApi;
let kube: KubernetesClient;

before(async () => {
  api = await new FakeApi().start();
  kube = await KubernetesClient.open({ kubeconfig: api.kubeconfig }, PATIENCE);
});
beforeEach(() => {
  api.objects.clear();
  api.requests.length = 0;
  api.intercept = undefined;
});
after(async () => {
  await kube.close();
  await api.stop();
});

test("an object that does not exist is undefined", async () => {
  assert.equal(await kube.get(pod), undefined);
});

test("every request carries the token and our user agent", async () => {
  await kube.get(pod);
  const { headers } = api.requests[0]!;
  assert.equal(headers.authorization, "Bearer t0ken");
  assert.match(String(headers["user-agent"]), /^pulumi-emqx\/\d+\.\d+\.\d+/);
});

test("a list follows its pages to the end", async () => {
  api.intercept = ({ query }) =>
    query.get("continue") === "next"
      ? { status: 200, body: { items: [{ n: 3 }], metadata: {} } }
      : { status: 200, body: { items: [{ n: 1 }, { n: 2 }], metadata: { continue: "next" } } };
  const items = await kube.list<{ n: number }>(
    { kind: "Pod", namespace: "ns" },
    { labels: { a: "b" } },
  );
  assert.deepEqual(
    items.map(({ n }) => n),
    [1, 2, 3],
  );
  assert.ok(api.requests.every(({ query }) => query.get("labelSelector") === "a=b"));
});

test("a read goes on through 429, 500 and 503 until there is an answer", async () => {
  api.put("pods", { kind: "Pod", metadata: { name: "p-0" } });
  const failures = [429, 500, 503];
  api.intercept = () => {
    const status = failures.shift();
    return status === undefined ? undefined : failure(status, "Busy");
  };
  assert.ok(await kube.get(pod));
  assert.equal(api.requests.length, 4);
});

test("a server that stays away ends in an error that names it and what was asked", async () => {
  const other = await new FakeApi().start();
  const gone = await KubernetesClient.open({ kubeconfig: other.kubeconfig }, PATIENCE);
  await other.stop();
  await assert.rejects(
    gone.get(pod),
    code("EMQX_KUBERNETES_UNREACHABLE", gone.server, "get pods/p-0 in namespace ns"),
  );
  await gone.close();
});

test("a right that is missing is named and not asked for again", async () => {
  api.intercept = () => failure(403, "Forbidden", "pods is forbidden: User me cannot list");
  await assert.rejects(
    kube.list({ kind: "Pod", namespace: "ns" }),
    code("EMQX_KUBERNETES_DENIED", "list pods in namespace ns", "cannot list"),
  );
  assert.equal(api.requests.length, 1);
});

test("an apply is server-side, forced and under the rollout's field manager", async () => {
  await kube.apply({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "c", namespace: "ns" },
  });
  const { method, query, headers } = api.requests[0]!;
  assert.equal(method, "PATCH");
  assert.equal(headers["content-type"], "application/apply-patch+yaml");
  assert.equal(query.get("fieldManager"), "emqx-rollout");
  assert.equal(query.get("force"), "true");
});

test("a create whose answer is lost is not repeated", async () => {
  api.intercept = () => failure(503, "Unavailable");
  await assert.rejects(
    kube.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "ns" } }),
    code("EMQX_KUBERNETES_UNREACHABLE"),
  );
  assert.equal(api.requests.length, 1);
});

test("deleting what is gone is fine", async () => {
  await kube.delete(pod);
});

test("an answer that is no JSON is an error, not a crash", async () => {
  api.intercept = () => ({ status: 200, body: "<html>login</html>" });
  await assert.rejects(kube.get(pod), code("EMQX_KUBERNETES_ERROR", "<html>"));
});

test("a context that does not exist is named with those that do", async () => {
  await assert.rejects(
    KubernetesClient.open({ kubeconfig: api.kubeconfig, context: "there" }),
    code("EMQX_KUBERNETES_UNREACHABLE", "there", "here"),
  );
});

test("a kubeconfig that cannot be read is named", async () => {
  await assert.rejects(
    KubernetesClient.open({ kubeconfig: "/does/not/exist" }),
    code("EMQX_KUBERNETES_UNREACHABLE", "/does/not/exist"),
  );
});
