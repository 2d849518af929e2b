/** Credentials that a plugin gives, fails to give, or gives late. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test, type TestContext } from "node:test";
import { isEmqxError } from "../../components/errors";
import { KubernetesClient } from "../../components/kubernetes/client";
import { loadKubeConfig } from "../../components/kubernetes/config";
import { Login } from "../../components/kubernetes/login";
import { forwardDial } from "../../components/kubernetes/port-forward";
import { code } from "../support/error-code";
import { failure, FakeApi } from "./fake-api";

/** Enough for a busy machine to run a plugin some times. */
const PATIENCE = { contactMs: 10_000, firstPauseMs: 5, maxPauseMs: 20 };
const pod = { kind: "Pod", namespace: "ns", name: "p-0" } as const;
const directory = mkdtempSync(join(tmpdir(), "login-"));
/** One byte for each run of a test's plugin. */
let runs: string;
let tests = 0;
let api: FakeApi;

before(async () => void (api = await new FakeApi().start()));
beforeEach(() => {
  api.requests.length = 0;
  api.intercept = undefined;
  api.refuseForward = undefined;
  // A plugin that outlives its test must not meet the next one's.
  runs = join(directory, `runs-${(tests += 1)}`);
  writeFileSync(runs, "");
});
after(async () => {
  await api.stop();
  rmSync(directory, { recursive: true });
});

const ran = (): number => readFileSync(runs, "utf8").length;

/** A kubeconfig with a plugin that runs this script, `$n` being the how manieth time that is. */
async function withPlugin(script: string) {
  const command = join(directory, `plugin-${tests}.sh`);
  writeFileSync(command, `#!/bin/sh\nprintf x >> ${runs}\nn=$(wc -c < ${runs})\n${script}\n`);
  chmodSync(command, 0o755);
  return loadKubeConfig({ kubeconfig: kubeconfigWith({ users: usersOf(command) }) });
}

const usersOf = (command: string) => {
  const apiVersion = "client.authentication.k8s.io/v1";
  return [{ name: "me", user: { exec: { apiVersion, command, args: [] } } }];
};

const kubeconfigWith = (over: object): string =>
  JSON.stringify({ ...(JSON.parse(api.kubeconfig) as object), ...over });

const GIVES =
  'printf \'{"status":{"token":"t%d","expirationTimestamp":"2999-01-01T00:00:00Z"}}\' $n';
const HANGS = "exec sleep 5";

async function clientOf(
  t: TestContext,
  script: string,
  contactMs = PATIENCE.contactMs,
): Promise<KubernetesClient> {
  const kube = new KubernetesClient(await withPlugin(script), { ...PATIENCE, contactMs });
  t.after(() => kube.close());
  return kube;
}

/** Attempts end so early; a plugin gets a multiple of that to run. */
function shortAttempts({ mock }: TestContext, milliseconds: number): void {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  mock.method(AbortSignal, "timeout", () => timeout(milliseconds));
}

test("a plugin that fails once is asked again, as a server that is away is", async (t) => {
  const kube = await clientOf(
    t,
    `[ $n = 1 ] && { echo "STS: no such host" >&2; exit 1; }; ${GIVES}`,
  );
  assert.equal(await kube.get(pod), undefined);
  assert.equal(api.requests[0]?.headers.authorization, "Bearer t2");
});

test("a plugin that is not installed, or a kubeconfig that allows no login, ends at once", async (t) => {
  const { clusters } = JSON.parse(api.kubeconfig) as { clusters: object[] };
  const plain = { ...clusters[0], cluster: { server: "http://127.0.0.1:1" } };
  for (const [over, why] of [
    [{ users: usersOf("/no/such/plugin") }, /login failed: .*\/no\/such\/plugin/],
    [{ clusters: [plain] }, /login failed: HTTP/],
  ] as const) {
    const kubeconfig = kubeconfigWith(over);
    const kube = new KubernetesClient(await loadKubeConfig({ kubeconfig }), PATIENCE);
    t.after(() => kube.close());
    const began = Date.now();
    await assert.rejects(kube.get(pod), why);
    assert.ok(Date.now() - began < PATIENCE.contactMs / 2, "nobody waits for it");
  }
});

test("a plugin that goes on failing ends in its own words, without what looks like a secret", async (t) => {
  const kube = await clientOf(
    t,
    'printf "\\nSTS: no host for token=s3cr3t\\nTrace" >&2; exit 1',
    2_000,
  );
  await assert.rejects(kube.get(pod), (error) => {
    code("EMQX_KUBERNETES_UNREACHABLE", "login failed: STS: no host for token=")(error);
    assert.doesNotMatch(String(error), /s3cr3t|Trace/);
    return true;
  });
  assert.ok(ran() > 1);
});

test("a plugin that hangs does not stop a call for ever, nor is it started for each attempt", async (t) => {
  shortAttempts(t, 50);
  const kube = await clientOf(t, HANGS, 400);
  await assert.rejects(kube.get(pod), code("EMQX_KUBERNETES_UNREACHABLE", "may hang"));
  assert.ok(ran() <= 1);
});

test("a plugin that hangs does not hold up the end of a run", async (t) => {
  const kube = await clientOf(t, HANGS);
  const begun = Date.now();
  const answer = assert.rejects(kube.get(pod), code("EMQX_KUBERNETES_UNREACHABLE"));
  await kube.close();
  await answer;
  assert.ok(Date.now() - begun < 4_000, "before the plugin ends");
});

test("a plugin that takes longer than one attempt is waited for by the next one", async () => {
  const config = await withPlugin(`sleep 0.3; ${GIVES}`);
  const login = Login.of(config);
  await assert.rejects(login.identity(AbortSignal.timeout(20)), /login failed: not done in time/);
  const { options } = await login.identity(AbortSignal.timeout(5_000));
  assert.deepEqual({ ...options.headers }, { Authorization: "Bearer t1" });
  assert.equal(ran(), 1);
});

test("beside a plugin that is stuck for 20 s another one is started", async (t) => {
  const login = Login.of(await withPlugin(`[ $n = 1 ] && ${HANGS}; ${GIVES}`));
  t.mock.timers.enable({ apis: ["Date"] });
  const patience = new AbortController();
  const first = assert.rejects(login.identity(patience.signal), /not done in time/);
  while (ran() < 1) await new Promise(setImmediate);
  patience.abort();
  await first;
  t.mock.timers.tick(20_001);
  const { options } = await login.identity(AbortSignal.timeout(5_000));
  assert.deepEqual({ ...options.headers }, { Authorization: "Bearer t2" });
});

const onlyTakes = (token: string) => {
  api.intercept = ({ headers }) =>
    headers.authorization === `Bearer ${token}` ? undefined : failure(401, "Unauthorized");
  api.refuseForward = (headers) =>
    headers.authorization === `Bearer ${token}` ? undefined : "401 Unauthorized";
};

test("a token that is refused before its time is asked for anew, once for all who were refused", async (t) => {
  const kube = await clientOf(t, GIVES);
  onlyTakes("t1");
  await kube.get(pod);
  onlyTakes("t2");
  await Promise.all([kube.get(pod), kube.get(pod)]);
  assert.equal(ran(), 2);
  onlyTakes("another one");
  await assert.rejects(kube.get(pod), code("EMQX_KUBERNETES_DENIED", "401"));
  assert.equal(ran(), 3);
});

test("a token of the kubeconfig itself is not tried again", async (t) => {
  const kube = await KubernetesClient.open({ kubeconfig: api.kubeconfig }, PATIENCE);
  t.after(() => kube.close());
  onlyTakes("another one");
  await assert.rejects(kube.get(pod), code("EMQX_KUBERNETES_DENIED", "401"));
  assert.equal(api.requests.length, 1);
});

test("a port-forward asks anew for a token that is refused, and no more often than once", async () => {
  api.forwards.set("p-0", 1);
  const dial = forwardDial(await withPlugin(GIVES), "ns");
  onlyTakes("t2");
  const stream = await dial("p-0", 1);
  stream.on("error", () => undefined).destroy();
  onlyTakes("another one");
  await assert.rejects(dial("p-0", 1), code("EMQX_KUBERNETES_DENIED", "401"));
  assert.equal(ran(), 3);
});

test("a port-forward waits for a plugin no longer than for the API server", async (t) => {
  shortAttempts(t, 50);
  await assert.rejects(forwardDial(await withPlugin(HANGS), "ns")("p-0", 1), /may hang/);
});

test("what a plugin was refused elsewhere is no missing right in the cluster", async () => {
  const config = await withPlugin('echo "STS: 403 Forbidden" >&2; exit 1');
  await assert.rejects(forwardDial(config, "ns")("p-0", 1), (error) => {
    assert.equal(isEmqxError(error), false);
    assert.match(String(error), /pod p-0: login failed: STS: 403 Forbidden/);
    return true;
  });
});
