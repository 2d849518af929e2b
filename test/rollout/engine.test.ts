import assert from "node:assert/strict";
import { test } from "node:test";
import { EmqxError, isEmqxError, type ErrorCode } from "../../components/errors";
import { runRollout } from "../../components/rollout/engine";
import { emptyRecord } from "../../components/rollout/record";
import type {
  Action,
  Desired,
  NodeObservation,
  Observation,
  RolloutRecord,
} from "../../components/rollout/types";
import { site } from "./io-fixtures";
import { strategy } from "./fixtures";

const START = Date.parse("2026-11-21T12:00:00Z");

/** A cluster without clients that obeys at once, a clock that is moved by sleeping only. */
class Stage {
  now = START;
  sets = new Map<string, number>();
  selects: string | null = null;
  control: Observation["control"] = null;
  ready = true;
  reason?: string;
  actions: string[] = [];
  failures: Partial<Record<Action["do"], ErrorCode[]>> = {};
  saves: RolloutRecord[] = [];
  stored = emptyRecord();
  fenceCalls: string[] = [];
  tidied = 0;
  lines: string[] = [];
  sleeps: number[] = [];
  onSleep = () => {};
  onRenew = () => {};

  readonly clock = {
    now: () => this.now,
    sleep: async (milliseconds: number) => {
      this.now += milliseconds;
      this.sleeps.push(milliseconds);
      assert.ok(this.now < START + 3_600_000, "the engine did not end");
      this.onSleep();
    },
  };

  readonly fence = {
    acquire: async () => void this.fenceCalls.push("acquire"),
    renew: async () => this.onRenew(),
    release: async () => void this.fenceCalls.push("release"),
    tidy: async () => void (this.tidied += 1),
  };

  readonly records = {
    load: async () => structuredClone(this.stored),
    save: async (record: RolloutRecord) => {
      this.stored = structuredClone(record);
      this.saves.push(this.stored);
    },
  };

  readonly sink = {
    status: (line: string) => void this.lines.push(line),
    milestone: (line: string) => void this.lines.push(`# ${line}`),
    warn: (line: string) => void this.lines.push(`! ${line}`),
  };

  readonly cluster = {
    observe: async ({ preflight }: { preflight: boolean }) => this.observation(preflight),
    act: async (action: Action) => {
      const what = "set" in action ? action.set : "revision" in action ? action.revision : "";
      this.actions.push(`${action.do} ${what}`.trim());
      const code = this.failures[action.do]?.shift();
      if (code) throw new EmqxError(code, `${action.do} failed`);
      if (action.do === "createSet") this.sets.set(action.revision, action.replicas);
      if (action.do === "scaleSet") this.sets.set(action.set, action.replicas);
      if (action.do === "select") this.selects = action.revision;
      if (action.do === "deleteSet") this.sets.delete(action.revision);
      if (action.do === "clearControl") this.control = null;
    },
  };

  run(desired: Desired, first?: Action) {
    const { cluster, records, fence, clock, sink } = this;
    return runRollout({
      site,
      desired,
      hashVersion: 3,
      cluster,
      records,
      fence,
      clock,
      sink,
      first,
    });
  }

  private observation(preflight: boolean): Observation {
    const nodes = [...this.sets].flatMap(([revision, replicas]) =>
      Array.from({ length: replicas }, (_, ordinal) => this.node(revision, ordinal)),
    );
    const view = Object.fromEntries(nodes.map(({ node }) => [node, "running" as const]));
    return {
      sets: [...this.sets].map(([revision, replicas], index) => ({
        role: "core" as const,
        name: revision,
        revision,
        replicas,
        pods: replicas,
        image: `emqx/emqx:${revision}`,
        createdAt: index,
        deleting: false,
      })),
      nodes: nodes.map((node) => (node.reachable ? { ...node, view } : node)),
      service: {
        exists: true,
        selects: this.selects,
        readyPods: nodes.filter(({ revision }) => revision === this.selects).map(({ pod }) => pod),
      },
      control: this.control,
      ...(preflight && {
        preflight: {
          missingPermissions: [],
          evacuationApi: true,
          foreignRebalances: [],
          licenseConfigured: true,
        },
      }),
    };
  }

  private node(revision: string, ordinal: number): NodeObservation {
    const up = revision === this.selects || this.ready;
    return {
      pod: `${revision}-${ordinal}`,
      role: "core",
      node: `emqx@${revision}-${ordinal}`,
      revision,
      ordinal,
      ready: up,
      terminating: false,
      reachable: up,
      ...(up && {
        version: "6.1.0",
        connections: 0,
        liveConnections: 0,
        connectedTotal: 5,
        evacuation: { state: "disabled" as const },
      }),
      ...(!up && { reason: this.reason, down: true, trouble: this.reason }),
    };
  }
}

const want = (revision: string, changes: Partial<Desired["strategy"]> = {}): Desired => ({
  revision,
  replicas: 2,
  image: `emqx/emqx:${revision}`,
  strategy: { ...strategy, initialDelaySeconds: 1, ...changes },
});

async function deployed(): Promise<Stage> {
  const stage = new Stage();
  await stage.run(want("a"));
  stage.actions = [];
  stage.saves = [];
  stage.fenceCalls = [];
  stage.lines = [];
  stage.sleeps = [];
  return stage;
}

test("a first deployment creates, waits, selects, and records what it did", async () => {
  const stage = new Stage();
  const { record, entry, observation } = await stage.run(want("a"));
  assert.deepEqual(stage.actions, ["inspect", "createSet a", "select a"]);
  assert.equal(entry.kind, "create");
  assert.equal(entry.from, null);
  assert.equal(entry.id, "a-1");
  assert.equal(record.active, "a");
  assert.equal(record.hashVersion, 3);
  assert.deepEqual(record.history, [entry]);
  assert.equal(observation.service.selects, "a");
  assert.deepEqual(
    entry.phases.map(({ name }) => name),
    ["Preflight", "CreateGreen", "WaitGreen", "Promote"],
  );
  assert.ok(entry.phases.every(({ seconds }) => seconds !== undefined));
});

test("an upgrade names both images, times its phases and leaves nothing of the old set", async () => {
  const stage = await deployed();
  const { record, entry } = await stage.run(want("b"));
  assert.equal(entry.kind, "blue-green");
  assert.equal(entry.from, "a");
  assert.equal(entry.fromImage, "emqx/emqx:a");
  assert.deepEqual([...stage.sets.keys()], ["b"]);
  assert.equal(record.active, "b");
  assert.deepEqual(
    record.history.map(({ id }) => id),
    ["b-1", "a-1"],
  );
  assert.deepEqual(
    entry.nodes.map(({ node }) => node),
    ["emqx@a-1", "emqx@a-0"],
  );
  const milestones = stage.lines.filter((line) => line.startsWith("#"));
  assert.match(milestones[0]!, /Checked permissions.* \(0\.0 s\)/);
  assert.match(milestones.at(-1)!, /c moved from emqx\/emqx:a to emqx\/emqx:b in \d+\.\d s/);
  assert.equal(new Set(milestones).size, milestones.length);
});

test("with nothing to do nothing is written, not even the lease", async () => {
  const stage = await deployed();
  const { entry } = await stage.run(want("a"));
  assert.deepEqual(stage.actions, []);
  assert.deepEqual(stage.saves, []);
  assert.deepEqual(stage.fenceCalls, []);
  assert.equal(stage.tidied, 1, "a run that was killed after its last step");
  assert.deepEqual(stage.lines, []);
  assert.equal(entry.id, "a-1");
});

test("what no look can tell is done first, and under the fence", async () => {
  const stage = await deployed();
  await stage.run(want("a"), { do: "configure", revisions: ["a"], via: ["a-0"] });
  assert.deepEqual(stage.actions, ["configure"]);
  assert.deepEqual(stage.fenceCalls, ["acquire", "release"]);
});

test("the loop is quick while clients move and slow while pods start", async () => {
  const stage = await deployed();
  stage.ready = false;
  stage.onSleep = () => {
    stage.ready = stage.now > START + 60_000;
  };
  await stage.run(want("b"));
  assert.ok(stage.sleeps.includes(250) && stage.sleeps.includes(1000));
});

test("after an outage between the look and the act it looks again", async () => {
  const stage = await deployed();
  const { observe, act } = stage.cluster;
  let looked = false;
  let outages = 0;
  const whileUnready: string[] = [];
  stage.cluster.observe = (options) => ((looked = true), observe(options));
  stage.cluster.act = async (action) => {
    if (!stage.ready) whileUnready.push(action.do);
    await act(action);
  };
  stage.onRenew = () => {
    if (!looked || stage.selects !== "b" || outages > 0) return;
    outages += 1;
    stage.now += 60_000;
    stage.ready = false;
  };
  stage.onSleep = () => {
    looked = false;
    stage.ready = true;
  };
  await stage.run(want("b"));
  assert.equal(outages, 1);
  assert.deepEqual(whileUnready, []);
  assert.deepEqual([...stage.sets.keys()], ["b"]);
});

test("EMQX failing to answer an order is a warning, said once, and the loop goes on", async () => {
  const stage = await deployed();
  stage.failures.deleteSet = ["EMQX_API_UNREACHABLE", "EMQX_API_ERROR"];
  await stage.run(want("b"));
  assert.deepEqual([...stage.sets.keys()], ["b"]);
  const warnings = stage.lines.filter((line) => line.startsWith("!"));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /deleteSet failed.*tried again/);
});

test("Kubernetes saying no ends the run, the fence is given back, and the next run goes on", async () => {
  const stage = await deployed();
  stage.failures.select = ["EMQX_KUBERNETES_DENIED"];
  await assert.rejects(stage.run(want("b")), /select failed/);
  assert.deepEqual(stage.fenceCalls, ["acquire", "release"]);
  assert.equal(stage.stored.current?.finishedAt, undefined);
  const { entry } = await stage.run(want("b"));
  assert.equal(entry.id, "b-1", "the same rollout");
  assert.equal(stage.stored.active, "b");
});

test("a green that cannot start turns the rollout back; the record is saved before the error", async () => {
  const stage = await deployed();
  stage.ready = false;
  stage.reason = "ImagePullBackOff";
  await assert.rejects(stage.run(want("b")), (error) => {
    assert.ok(isEmqxError(error));
    assert.equal(error.code, "EMQX_PROGRESS_DEADLINE");
    assert.match(error.message, /b-0: not Ready.*ImagePullBackOff/s);
    return true;
  });
  assert.deepEqual([...stage.sets.keys()], ["a"]);
  const { current, active, history } = stage.stored;
  assert.equal(active, "a");
  assert.equal(current?.phase, "Failed");
  assert.equal(current?.aborting, true);
  assert.ok(current?.finishedAt);
  assert.equal(current?.failureCode, "EMQX_PROGRESS_DEADLINE");
  assert.equal(history[0]?.id, "b-1");
  assert.ok(!stage.lines.some((line) => /^# All nodes of revision b/.test(line)));
});

test("a run that is killed is gone on with: same rollout, same times", async () => {
  const stage = await deployed();
  stage.onSleep = () => {
    if (stage.selects === "b") throw new Error("killed");
  };
  await assert.rejects(stage.run(want("b")), /killed/);
  const begun = stage.stored.current?.startedAt;
  stage.onSleep = () => {};
  const { entry } = await stage.run(want("b"));
  assert.equal(entry.id, "b-1");
  assert.equal(entry.startedAt, begun);
  assert.equal(stage.actions.filter((action) => action === "createSet b").length, 1);
});

test("a rollout that gets another goal is closed and another begins, from what serves", async () => {
  const stage = await deployed();
  stage.onSleep = () => {
    if (stage.selects === "b") throw new Error("killed");
  };
  await assert.rejects(stage.run(want("b")), /killed/);
  stage.onSleep = () => {};
  const { record, entry } = await stage.run(want("c"));
  assert.equal(entry.to, "c");
  assert.equal(entry.from, "b");
  assert.deepEqual(
    record.history.map(({ id, phase }) => `${id} ${phase}`),
    ["c-1 Done", "b-1 Failed", "a-1 Done"],
  );
  assert.deepEqual([...stage.sets.keys()], ["c"]);
});

test("the history keeps ten rollouts, and a revision's second one has its own id", async () => {
  const stage = new Stage();
  for (const revision of ["a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b"]) {
    await stage.run(want(revision));
  }
  assert.equal(stage.stored.history.length, 10);
  assert.equal(stage.stored.history[0]?.id, "b-6");
  assert.equal(new Set(stage.stored.history.map(({ id }) => id)).size, 10);
});

test("a lost record is made anew from a cluster that is as wanted", async () => {
  const stage = await deployed();
  stage.stored = emptyRecord();
  const { record, entry } = await stage.run(want("a"));
  assert.equal(record.active, "a");
  assert.equal(entry.kind, "none");
  assert.deepEqual(stage.actions, []);
});
