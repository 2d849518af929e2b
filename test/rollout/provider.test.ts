import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { EmqxError } from "../../components/errors";
import type { RolloutInputs } from "../../components/rollout/inputs";
import type { Outputs } from "../../components/rollout/outputs";
import { emptyRecord } from "../../components/rollout/record";
import { UNKNOWN } from "../../components/unknown";
import { blues, cluster, node, on } from "./fixtures";
import { Bench, entryOf, inputs, revision, upgraded } from "./provider-bench";

let bench: Bench;
let outs: Outputs;

beforeEach(async () => {
  bench = new Bench();
  ({ outs } = await bench.provider.create(inputs));
});

const diff = (news: RolloutInputs, olds: object = outs) =>
  bench.provider.diff("default/emqx", olds, news);

describe("create and update", () => {
  test("aim at the revision of the inputs and give plain outputs without secrets", () => {
    assert.equal(bench.runs[0]?.desired.revision, revision);
    assert.equal(bench.runs[0]?.desired.replicas, 2);
    assert.equal(bench.runs[0]?.site.apiKeySecret.name, "emqx-bootstrap-api-key");
    assert.equal(outs.phase, "Done");
    assert.equal(outs.currentRevision, revision);
    assert.deepEqual(outs.status.coreNodes[0]?.node, `emqx@c-core-${revision}-0`);
    assert.equal(outs.lastRollout?.verdict, "succeeded");
    assert.deepEqual(JSON.parse(JSON.stringify(outs)), outs);
    assert.doesNotMatch(JSON.stringify(outs), /hidden-token/);
    assert.equal(bench.opened, bench.closed);
  });

  test("a failure keeps what was applied and tells Pulumi how to go on", async () => {
    bench.failure = new EmqxError("EMQX_PROGRESS_DEADLINE", "green was not ready");
    bench.record.current = { ...entryOf("other"), phase: "Held" };
    await assert.rejects(
      () => bench.provider.update("default/emqx", outs, upgraded),
      (error: { id: string; properties: Outputs & { __provider: string }; reasons: string[] }) => {
        assert.equal(error.id, "default/emqx");
        assert.equal(error.properties.__provider, "text");
        assert.equal(error.properties.phase, "Held");
        assert.deepEqual(error.properties.applied, outs.applied);
        assert.match(error.reasons[0] ?? "", /^EMQX_PROGRESS_DEADLINE: green was not ready/);
        assert.match(error.reasons[1] ?? "", /run `pulumi up` again/);
        return true;
      },
    );
    assert.equal(bench.opened, bench.closed);
  });

  test("a first deployment that fails is tracked, not leaked", async () => {
    bench = new Bench();
    bench.failure = new EmqxError("EMQX_PREFLIGHT_FAILED", "no licence");
    await assert.rejects(
      () => bench.provider.create(inputs),
      (error: { id: string; properties: Outputs }) =>
        error.id === "default/emqx" && error.properties.applied === null,
    );
  });

  test("without contact to Kubernetes Pulumi's state is left as it is", async () => {
    bench.reachable = false;
    await assert.rejects(
      () => bench.provider.update("default/emqx", outs, upgraded),
      (error: Error) => !("id" in error) && /^EMQX_KUBERNETES_UNREACHABLE/.test(error.message),
    );
  });

  test("a defect of ours shows its stack, not just a message", async () => {
    bench.failure = new TypeError("boom");
    await assert.rejects(
      () => bench.provider.update("default/emqx", outs, upgraded),
      (error: { reasons: string[] }) =>
        /EMQX_INTERNAL: TypeError: boom\n +at /.test(error.reasons[0] ?? ""),
    );
  });
});

describe("check", () => {
  test("judges the user's arguments and lets ours pass", async () => {
    const { failures } = await bench.provider.check({}, { ...inputs, licenseDigest: "x" });
    assert.deepEqual(failures, []);
    const bad = { ...inputs, image: "", extra: 1 };
    const found = (await bench.provider.check({}, bad)).failures.map(({ property }) => property);
    assert.deepEqual(found.sort(), ["extra", "image"]);
  });
});

describe("diff", () => {
  test("nothing changed means no changes, in or out of the cluster's reach", async () => {
    const same = { ...inputs, imagePullPolicy: "IfNotPresent" as const };
    assert.deepEqual(await diff(same), { changes: false });
    bench.reachable = false;
    assert.deepEqual(await diff(same), { changes: false });
    assert.deepEqual(bench.lines, []);
    assert.equal(bench.opened, bench.closed);
  });

  test("with nothing changed, a run that was killed on its way elsewhere is turned back", async () => {
    const { finishedAt: _, ...cut } = entryOf("green");
    bench.record = { ...bench.record, current: { ...cut, phase: "Evacuate" } };
    const nodes = [node(revision, 0), node("green", 0), node("green", 1)];
    bench.observation = { ...cluster(nodes), service: on("green", []) };
    assert.equal((await diff({ ...inputs, __urn: "turned" })).changes, true);
    const text = bench.lines.join("\n");
    assert.match(
      text,
      /^the last rollout stopped in phase Evacuate on its way to green: this one/m,
    );
    assert.match(
      text,
      new RegExp(`^plan: blue-green from c-core-green to emqx-core-${revision}`, "m"),
    );
  });

  test("a Service's new version is a change only when it no longer selects what is served", async () => {
    const services = { listeners: { uid: "u", resourceVersion: "2" } };
    const news = { ...inputs, services, __urn: "services" };
    const service = on(revision, []);
    bench.observation = { ...bench.observation, service };
    assert.deepEqual(await diff(news), { changes: false });
    for (const astray of [
      { ...service, exists: false },
      { ...service, selects: null },
      { ...service, selects: "foreign" },
      { ...service, dashboardSelects: "foreign" },
    ]) {
      bench.observation = { ...bench.observation, service: astray };
      assert.equal((await diff(news)).changes, true, JSON.stringify(astray));
    }
    bench.observation = { ...bench.observation, service };
    bench.reachable = false;
    assert.equal((await diff(news)).changes, true, "nobody can tell");
    bench.reachable = true;
    const more = { ...news, updateStrategy: { initialDelaySeconds: 3 } };
    assert.equal((await diff(more)).changes, true, "there is more to do");
  });

  test("with nothing changed, a cluster that has seen a rollout which the state does not know is brought back", async () => {
    bench.record = { ...bench.record, active: "green", current: entryOf("green") };
    assert.equal((await diff(inputs)).changes, true);
    const settings = { ...entryOf(revision), id: `${revision}-2` };
    bench.record = { ...bench.record, active: revision, current: settings };
    assert.equal((await diff(inputs)).changes, true);
    bench.record = emptyRecord();
    assert.equal((await diff(inputs)).changes, false);
  });

  test("a changed image shows cause, plan and estimate", async () => {
    const nodes = [0, 1].map((ordinal) =>
      node(revision, ordinal, { liveConnections: 1500, connections: 1600 }),
    );
    bench.observation = { ...cluster(nodes), service: on(revision, []) };
    const result = await diff({ ...upgraded, __urn: "plan" });
    assert.deepEqual([result.changes, result.replaces], [true, undefined]);
    const text = bench.lines.join("\n");
    assert.match(text, /^image: emqx\/emqx:6.0.1 -> emqx\/emqx:6.1.0 \(blue-green: every pod/m);
    assert.match(text, new RegExp(`^plan: blue-green from c-core-${revision} to emqx-core-`, "m"));
    assert.match(text, /creates 2 pods, deletes 2 pods, 2 serve at every moment/);
    assert.match(text, /moves 3,000 clients at 1000\/s and 200 offline sessions at 1000\/s/);
    assert.match(
      text,
      /estimate \d+ s: new pods 20 s \(as last time\), switch and evacuation \d+ s, removal 4 s/,
    );
  });

  test("the same plan is printed once a run", async () => {
    const news = { ...upgraded, __urn: "once" };
    await diff(news);
    await diff(news);
    assert.equal(bench.lines.length, 1);
  });

  test("an unreachable cluster costs the estimate, not the preview", async () => {
    bench.reachable = false;
    const result = await diff({ ...upgraded, __urn: "unreachable" });
    assert.equal(result.changes, true);
    assert.match(bench.lines[0] ?? "", /plan: blue-green; no estimate: no route/);
  });

  test("settings are told without asking the cluster", async () => {
    const { opened } = bench;
    const news = { ...inputs, updateStrategy: { initialDelaySeconds: 3 }, __urn: "settings" };
    assert.equal((await diff(news)).changes, true);
    assert.equal(
      bench.lines[0],
      "updateStrategy.initialDelaySeconds: 10 -> 3 (settings only: no pod is touched)",
    );
    assert.equal(bench.opened, opened);
  });

  test("only a known name or namespace replaces, and the new cluster comes first", async () => {
    assert.deepEqual(await diff({ ...inputs, namespace: "other" }), {
      changes: true,
      replaces: ["namespace"],
    });
    for (const news of [
      { ...inputs, name: UNKNOWN, namespace: UNKNOWN },
      { ...inputs, image: UNKNOWN },
      { ...inputs, services: { listeners: { uid: UNKNOWN } } },
      { ...inputs, services: UNKNOWN as unknown as RolloutInputs["services"] },
    ]) {
      const { changes, replaces } = await diff(news);
      assert.deepEqual([changes, replaces], [true, undefined], JSON.stringify(news));
    }
  });

  test("a probe with unknown inputs, as Pulumi makes for a replacement elsewhere, prints nothing", async () => {
    assert.equal((await diff({ ...inputs, image: UNKNOWN, __urn: UNKNOWN })).changes, true);
    assert.deepEqual(bench.lines, []);
  });

  test("whatever is unfinished, older or astray is a change", async () => {
    for (const olds of [
      { ...outs, phase: "Evacuate" },
      { ...outs, phase: "Drifted" },
      { ...outs, applied: null },
      { ...outs, schemaVersion: 0 },
      { ...outs, selects: null },
      { ...outs, kubeconfig: "old" },
      { ...outs, site: { ...outs.site, dashboardTls: { serverName: "old" } } },
    ]) {
      assert.equal((await diff(inputs, olds)).changes, true, JSON.stringify(olds).slice(0, 40));
    }
  });
});

describe("read", () => {
  const read = () => bench.provider.read("default/emqx", { ...outs, __provider: "text" });

  test("a steady cluster reads as it was", async () => {
    const { id, props } = await read();
    assert.equal(id, "default/emqx");
    assert.equal(props?.phase, "Done");
    assert.deepEqual(await diff(inputs, props), { changes: false });
  });

  test("evacuations are told as EMQX words them", async () => {
    bench.evacuations = [{ node: "emqx@a", state: "waiting_takeover", connection_goal: 22 }];
    const [status] = (await read()).props?.status.nodeEvacuationsStatus ?? [];
    assert.deepEqual(
      [status?.node, status?.state, status?.connection_goal, status?.stats.initial_connected],
      ["emqx@a", "waiting_takeover", 22, 0],
    );
  });

  test("a dashboard Service that selects other nodes is put right", async () => {
    bench.observation.service.dashboardSelects = "foreign";
    assert.equal((await read()).props?.phase, "Drifted");
  });

  test("a cluster that is gone reads as nothing", async () => {
    bench.record = emptyRecord();
    bench.observation = { ...cluster([]), service: on(null, []) };
    assert.deepEqual(await read(), {});
  });

  test("a half-done rollout, a lost selector and a scaled set make the next up repair them", async () => {
    const half = structuredClone(bench.record);
    if (half.current) half.current.phase = "Evacuate";
    const astray: (() => void)[] = [
      () => (bench.record = half),
      () => (bench.observation.service = on(null, [])),
      () => (bench.observation.service = on("foreign", [])),
      () => (bench.observation = { ...cluster(blues()), service: on(revision, []) }),
    ];
    const [record, observation] = [bench.record, bench.observation];
    for (const change of astray) {
      [bench.record, bench.observation] = [record, structuredClone(observation)];
      change();
      const { props } = await read();
      assert.notEqual(props?.phase, "Done");
      assert.equal((await diff(inputs, props)).changes, true);
    }
  });

  test("the diff that follows is the refresh's own and prints no plan, the next one does", async () => {
    await read();
    const news = { ...upgraded, __urn: "refresh" };
    assert.equal((await diff(news)).changes, true);
    assert.deepEqual(bench.lines, []);
    await diff(news);
    assert.equal(bench.lines.length, 1);
  });

  test("an unreachable Kubernetes is an error, not an empty cluster", async () => {
    bench.reachable = false;
    await assert.rejects(read, /EMQX_KUBERNETES_UNREACHABLE: no route/);
  });
});

test("delete tears down with what the outputs say", async () => {
  await bench.provider.delete("default/emqx", outs);
  assert.deepEqual(bench.tornDown, { deleteVolumes: true, graceSeconds: 60 });
  assert.equal(bench.opened, bench.closed);
});

test("another context is told, for nobody moves a cluster to another Kubernetes cluster", async () => {
  const news = { ...inputs, context: "elsewhere", __urn: "context" };
  assert.equal((await bench.provider.diff("default/emqx", outs, news)).changes, true);
  assert.match(bench.lines.at(-1) ?? "", /^context: \(default\) -> elsewhere .*stays there\)$/);
});

test("a cluster that the stack names in a way that the rollout does not read is refused", async () => {
  const config = new Map([["kubernetes:cluster", "prod"]]);
  await bench.provider.configure({ config });
  const { opened } = bench;
  await assert.rejects(
    bench.provider.update("default/emqx", outs, inputs),
    /EMQX_INVALID_ARGUMENT: .*`kubernetes:context`, found `kubernetes:cluster`/,
  );
  assert.equal(bench.opened, opened);
  await bench.provider.update("default/emqx", outs, { ...inputs, kubeconfig: "mine" });
});

test("credentials come from the argument, else from the stack's configuration", async () => {
  const config = new Map([
    ["kubernetes:kubeconfig", "of-the-stack"],
    ["kubernetes:context", "stack-context"],
  ]);
  await bench.provider.configure({ config });
  await bench.provider.update("default/emqx", outs, inputs);
  await bench.provider.update("default/emqx", outs, { ...inputs, kubeconfig: "mine" });
  assert.deepEqual(bench.credentials.slice(-2), [
    { kubeconfig: "of-the-stack", context: "stack-context" },
    { kubeconfig: "mine", context: undefined },
  ]);
});
