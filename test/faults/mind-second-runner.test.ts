import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { mintLicense } from "../../sandbox/emqx/license";
import { writesSince, type Write } from "../../sandbox/measure/audit";
import type { Scenario } from "../../sandbox/scenario";
import { Bench } from "../e2e/support/cluster";
import { rolloutOf } from "../e2e/support/faults";
import { fault } from "./support/fault";
import { assertServes, connect, order, reach, SIZE } from "./support/mind";

// Two stacks in two backends, one cluster: the second one comes while the first one works.
const license = mintLicense({ maxSessions: 100_000, expiresInDays: 365 });
const secrets = { license };
let bench: Bench;
let first: Scenario;
let second: Scenario;

before(async () => {
  bench = await Bench.open();
  first = await bench.scenario("first", { ...SIZE, secrets });
  await first.stack.up();
  const backend = join(bench.folder, "other-backend");
  mkdirSync(backend);
  const env = { ...bench.sandbox.env, PULUMI_BACKEND_URL: `file://${backend}` };
  const sandbox = { ...bench.sandbox, env };
  second = await bench.scenario("second", { ...SIZE, secrets, sandbox, spec: { adopt: true } });
});
after(() => bench?.close());

fault(
  {
    id: "mind-second-runner",
    title: "a second `pulumi up` is told who works on the cluster and since when, and does nothing",
    deadlineSeconds: 180,
  },
  async ({ t, injected, handled }) => {
    const gate = { updateStrategy: { gate: "manual" } };
    await first.setSpec(gate);
    await first.setImage("emqx/emqx:6.0.2");
    await second.setSpec({ ...gate, adopt: true });
    await second.setImage("emqx/emqx:6.0.2");
    const fleet = await connect(first);
    const run = first.stack.startUp();
    const { to } = await reach(bench, first, run, { phase: "Gate" });
    const holder = await leaseHolder();
    const since = Date.now();

    injected();
    const { code, output } = await second.stack.startUp().result;
    handled();

    const ended = Date.now();
    t.diagnostic(output.split("\n").find((line) => line.includes("ROLLOUT_FENCED")) ?? "");
    assert.notEqual(code, 0, output);
    assert.match(output, /EMQX_ROLLOUT_FENCED/);
    assert.ok(output.includes(holder), `who holds it is named: ${holder}`);
    assert.match(output, /since \d{4}-\d\d-\d\dT/);
    const foreign = (write: Write) =>
      write.t <= ended && !(write.object === "leases default/emqx-rollout");
    assert.deepEqual(
      writesSince(bench.sandbox.auditLog, since, /pulumi/).filter(foreign),
      [],
      "nothing was written, by the first one neither, who waits at the gate",
    );
    assert.equal(await leaseHolder(), holder);
    assert.equal((await rolloutOf(bench.api, first))?.phase, "Gate");

    await order(bench, first, "promote");
    const result = await run.result;
    assert.equal(result.code, 0, result.output);
    await assertServes({ bench, scenario: first, fleet, t }, to, 1);
    // When the first one is done the second one may have it, and finds nothing to do.
    const late = await second.stack.up();
    assert.doesNotMatch(late.output, /Waiting .* for the lease/);
  },
);

async function leaseHolder(): Promise<string> {
  const path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/emqx-rollout";
  const { spec } = await bench.api.get<{ spec?: { holderIdentity?: string } }>(path);
  return spec?.holderIdentity ?? "";
}
