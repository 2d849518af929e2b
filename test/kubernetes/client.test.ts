import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { KubernetesClient } from "../../components/kubernetes/client";
import { refusedWith } from "../../components/kubernetes/failure";
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

const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "ns" } };

/** The API server does as it is told, and the first answer is lost. */
function loseAnswers(method: string, times = 1): void {
  let left = times;
  api.intercept = (request) => {
    if (request.method !== method || left === 0) return undefined;
    left -= 1;
    api.answer(request);
    return failure(503, "Unavailable");
  };
}

test("a create whose answer is lost is settled by reading", async () => {
  loseAnswers("POST");
  const created = await kube.create({ ...map, data: { by: "me" } });
  assert.deepEqual(created.metadata.name, "c");
  assert.equal(api.requests.filter(({ method }) => method === "POST").length, 2);
});

test("a create that somebody else was quicker with is refused, lost answers or not", async () => {
  let posts = 0;
  api.intercept = ({ method }) => {
    if (method !== "POST" || (posts += 1) > 1) return undefined;
    api.put("configmaps", { kind: "ConfigMap", metadata: { name: "c" }, data: { by: "you" } });
    return failure(503, "Unavailable");
  };
  await assert.rejects(kube.create({ ...map, data: { by: "me" } }), (error) =>
    refusedWith(error, 409),
  );
});

test("a replace whose answer is lost is settled by reading, and never made twice", async () => {
  const { metadata } = api.put("configmaps", { kind: "ConfigMap", metadata: { name: "c" } });
  const { resourceVersion } = metadata;
  loseAnswers("PUT");
  const object = { ...map, metadata: { ...map.metadata, resourceVersion }, data: { by: "me" } };
  const written = await kube.replace(object);
  assert.equal(Number(written.metadata.resourceVersion), Number(resourceVersion) + 1);
});

test("a patch that meets others at the object is made again, but not for ever", async () => {
  let conflicts = 2;
  api.intercept = () => (conflicts-- > 0 ? failure(409, "Conflict") : undefined);
  await kube.apply(map);
  assert.equal(api.requests.length, 3);
  api.requests.length = 0;
  api.intercept = () => failure(409, "Conflict");
  await assert.rejects(kube.apply(map), (error) => refusedWith(error, 409));
  assert.equal(api.requests.length, 5);
});

test("a write is not made again once the guard says that it is somebody else's", async () => {
  const fenced = await KubernetesClient.open({ kubeconfig: api.kubeconfig }, PATIENCE);
  fenced.guard = () => Promise.reject(new Error("taken over"));
  api.intercept = () => failure(503, "Unavailable");
  await assert.rejects(fenced.apply(map), /taken over/);
  assert.equal(api.requests.length, 1);
  await fenced.close();
});

test("Retry-After is honoured within bounds", async () => {
  api.put("pods", { kind: "Pod", metadata: { name: "p-0" } });
  const bounded = await KubernetesClient.open(
    { kubeconfig: api.kubeconfig },
    { ...PATIENCE, totalMs: 5000, maxAfterMs: 300 },
  );
  await bounded.get(pod);
  let left = 1;
  api.intercept = () =>
    left-- > 0 ? { ...failure(429, "TooMany"), headers: { "retry-after": "9" } } : undefined;
  const begun = Date.now();
  await bounded.get(pod);
  assert.ok(Date.now() - begun >= 290, "as long as the bound allows");
  await bounded.close();
});

test("an outage is told with its length, waited for, and its end is told", async (t) => {
  const lines: string[] = [];
  const patient = await KubernetesClient.open({ kubeconfig: api.kubeconfig });
  t.after(() => patient.close());
  patient.onWait = (line) => lines.push(line);
  api.intercept = () => (lines.length === 0 ? failure(503, "Busy") : undefined);
  assert.equal(await patient.get(pod), undefined);
  assert.match(lines[0] ?? "", /does not answer since \d+ s \(503\); waiting$/);
  assert.match(lines[1] ?? "", /^the API server \S+ answers again, after \d+ s$/);
});

test("calls one after the other share the limit of one outage", async () => {
  await kube.get(pod);
  api.intercept = () => failure(503, "Busy");
  await assert.rejects(kube.get(pod), code("EMQX_KUBERNETES_UNREACHABLE"));
  const asked = api.requests.length;
  await assert.rejects(kube.get(pod), code("EMQX_KUBERNETES_UNREACHABLE"));
  assert.ok(api.requests.length - asked <= 4, "what was left of the patience is a pause or two");
  api.intercept = undefined;
  await kube.get(pod);
});

test("a closed client asks no more", async () => {
  const closing = await KubernetesClient.open({ kubeconfig: api.kubeconfig });
  api.intercept = () => failure(503, "Busy");
  const answer = assert.rejects(closing.get(pod), code("EMQX_KUBERNETES_UNREACHABLE"));
  await closing.close();
  await answer;
});

test("a client that is closed while a call is under way tells nobody of the outage", async (t) => {
  t.mock.timers.enable({ apis: ["Date"] });
  const closing = await KubernetesClient.open({ kubeconfig: api.kubeconfig });
  const lines: string[] = [];
  closing.onWait = (line) => lines.push(line);
  let ended: Promise<void> | undefined;
  api.intercept = () => {
    t.mock.timers.tick(5_000);
    ended = closing.close();
    return failure(503, "Busy");
  };
  await assert.rejects(closing.get(pod), code("EMQX_KUBERNETES_UNREACHABLE"));
  await ended;
  assert.deepEqual(lines, []);
});

const refusals: [what: string, message: string, said: string][] = [
  ["a quota", 'pods "p" is forbidden: exceeded quota: q, requested: pods=1', "exceeded quota"],
  ["admission", 'admission webhook "w" denied the request: no', "admission rule"],
];
for (const [what, message, said] of refusals) {
  test(`what ${what} forbids is no missing right`, async () => {
    api.intercept = () => failure(403, "Forbidden", message);
    await assert.rejects(kube.apply(map), code("EMQX_KUBERNETES_ERROR", said));
  });
}

test("a namespace that is being deleted is named as such", async () => {
  const { status, body } = failure(403, "Forbidden", "unable to create new content");
  const details = { causes: [{ reason: "NamespaceTerminating" }] };
  api.intercept = () => ({ status, body: { ...body, details } });
  await assert.rejects(kube.apply(map), code("EMQX_KUBERNETES_ERROR", "is being deleted"));
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
