/** Hot configuration, its drift and replicants, through the provider. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { EmqxError } from "../../components/errors";
import type { RolloutInputs } from "../../components/rollout/inputs";
import type { Outputs } from "../../components/rollout/outputs";
import { Bench, inputs } from "./provider-bench";

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
});

const diff = (news: RolloutInputs, olds: object) => bench.provider.diff("default/emqx", olds, news);

describe("configuration", () => {
  const sized = (size: string): RolloutInputs & { __provider: string } => ({
    ...inputs,
    config: { data: `mqtt.max_packet_size = ${size}` },
  });
  const drift = [{ key: "mqtt.max_packet_size", declared: "1MB", found: "5MB" }];

  test("a hot change is told by key, without a look at the cluster, and keeps the revision", async () => {
    const { outs: small } = await bench.provider.create(sized("1MB"));
    const { opened } = bench;
    assert.equal((await diff({ ...sized("2MB"), __urn: "hot" }, small)).changes, true);
    assert.deepEqual(bench.lines, [
      "config.data mqtt.max_packet_size: 1MB -> 2MB (hot: through EMQX's API, no new pod)",
    ]);
    assert.equal(bench.opened, opened);
    await bench.provider.update("default/emqx", small, sized("2MB"));
    const [first, second] = bench.runs.slice(-2).map(({ desired }) => desired);
    assert.equal(second?.revision, first?.revision);
    assert.notEqual(second?.settings?.config, first?.settings?.config);
    assert.match(bench.declared.at(-1)?.settings.hocon ?? "", /max_packet_size = 2MB/);
  });

  test("what was set by hand is shown by a refresh, told in the preview and set back loudly", async () => {
    const { outs: small } = await bench.provider.create(sized("1MB"));
    bench.drift = drift;
    const { props } = await bench.provider.read("default/emqx", small);
    assert.equal(bench.declared.at(-1)?.settings.hocon, "mqtt.max_packet_size = 1MB\n");
    assert.equal(props?.phase, "Drifted");
    assert.deepEqual(props?.configDrift, drift);

    await diff({ ...sized("1MB"), __urn: "refresh-drift" }, props);
    assert.equal((await diff({ ...sized("1MB"), __urn: "drift" }, props)).changes, true);
    assert.deepEqual(bench.lines, [
      "mqtt.max_packet_size is 5MB in EMQX, declared 1MB: it was changed elsewhere. " +
        "The next `pulumi up` sets it back; to keep it, declare it.",
      "config mqtt.max_packet_size: EMQX has 5MB, declared is 1MB: this `pulumi up` sets it back",
    ]);

    const { outs: mended } = await bench.provider.update("x", props as Outputs, sized("1MB"));
    const { revision: core } = bench.runs.at(-1)?.desired ?? {};
    assert.deepEqual(bench.actions, [
      {
        do: "configure",
        revisions: [core],
        via: [`c-core-${core}-0`, `c-core-${core}-1`],
      },
    ]);
    assert.equal(bench.lines.at(-1), "config mqtt.max_packet_size: set back from 5MB to 1MB");
    assert.deepEqual(mended.configDrift, []);
    assert.equal(mended.phase, "Done");
  });

  test("together with an upgrade it is set back when the new nodes are alone", async () => {
    const { outs: small } = await bench.provider.create(sized("1MB"));
    const before = bench.runs.length;
    const drifted = { ...small, phase: "Drifted" as const, configDrift: drift };
    const image = "emqx/emqx:6.1.0";
    await bench.provider.update("default/emqx", drifted, { ...sized("1MB"), image });
    const runs = bench.runs.slice(before);
    assert.deepEqual(
      runs.map(({ first }) => first?.do),
      [undefined, "configure"],
    );
    const core = runs[0]?.desired.revision;
    const via = [`c-core-${core}-0`, `c-core-${core}-1`];
    assert.deepEqual(bench.actions, [{ do: "configure", revisions: [core], via }]);
    assert.equal(bench.lines.at(-1), "config mqtt.max_packet_size: set back from 5MB to 1MB");
  });

  test("a change that the program has taken over is left alone", async () => {
    const { outs: small } = await bench.provider.create(sized("1MB"));
    const drifted = { ...small, phase: "Drifted" as const, configDrift: drift };
    await bench.provider.update("default/emqx", drifted, sized("5MB"));
    assert.deepEqual(bench.actions, []);
  });

  test("a rejected change is a failure that keeps what was applied", async () => {
    const { outs: small } = await bench.provider.create(sized("1MB"));
    bench.failure = new EmqxError("EMQX_CONFIG_REJECTED", "mqtt.max_packet_size: no");
    await assert.rejects(
      () => bench.provider.update("default/emqx", small, sized("9TB")),
      (error: { properties: Outputs }) => {
        assert.deepEqual(error.properties.applied, small.applied);
        return true;
      },
    );
  });
});

describe("replicants", () => {
  const both = { ...inputs, replicantTemplate: { spec: { replicas: 3 } } };

  test("are part of the goal, of the outputs and of what a refresh compares", async () => {
    const { outs: all } = await bench.provider.create(both);
    const { desired } = bench.runs.at(-1) ?? {};
    assert.equal(all.currentRevision, `${desired?.revision}/${desired?.replicants?.revision}`);
    assert.equal(all.selects, desired?.replicants?.revision);
    assert.equal(all.status.replicantNodes.length, 3);
    assert.deepEqual(await diff(both, all), { changes: false });

    const { props } = await bench.provider.read("default/emqx", all);
    assert.equal(props?.phase, "Done");
    bench.observation.sets = bench.observation.sets.filter(({ role }) => role === "core");
    assert.equal((await bench.provider.read("default/emqx", all)).props?.phase, "Drifted");
  });

  test("scaled by somebody else are astray, unless their number is an autoscaler's", async () => {
    const scale = () => {
      for (const set of bench.observation.sets) if (set.role === "replicant") set.replicas = 7;
    };
    const { outs: fixed } = await bench.provider.create(both);
    scale();
    assert.equal((await bench.provider.read("default/emqx", fixed)).props?.phase, "Drifted");
    const free = {
      ...both,
      replicantTemplate: { ...both.replicantTemplate, ignoreReplicas: true },
    };
    const { outs: scaled } = await bench.provider.create(free);
    scale();
    assert.equal((await bench.provider.read("default/emqx", scaled)).props?.phase, "Done");
  });
});
