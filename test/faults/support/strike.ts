/** Kills a Pulumi command at a failpoint: its provider, the CLI alone, or both. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writesSince, type Write } from "../../../sandbox/measure/audit";
import { killAll, processTree } from "../../../sandbox/process-tree";
import type { PulumiResult, PulumiRun } from "../../../sandbox/pulumi-cli";
import type { Scenario } from "../../../sandbox/scenario";
import { eventually, ROLLOUT, type Bench } from "../../e2e/support/cluster";

export type Victim = "provider" | "cli" | "both";
export const VICTIMS: readonly Victim[] = ["provider", "cli", "both"];

/** Seconds that an orphan may take on a busy machine; it needs 5 to notice and 5 to end. */
const ORPHAN_SECONDS = 30;
/** Seconds that a command may take to get to its failpoint. */
const REACH_SECONDS = 240;

/** A command that stands at its failpoint. */
export interface Held {
  run: PulumiRun;
  /** Process id of the provider that stands there. */
  provider: number;
  /** Lets it go on. */
  letGo(): void;
}

/** Starts a command (`["up", "--yes", "--skip-preview"]`) and waits until it stands at the failpoint. */
export async function holdAt(
  { folder }: Bench,
  { stack }: Scenario,
  point: string,
  command: string[],
): Promise<Held> {
  const file = join(folder, "failpoint");
  rmSync(file, { force: true });
  process.env.PULUMI_EMQX_FAILPOINT = point;
  process.env.PULUMI_EMQX_FAILPOINT_FILE = file;
  const run = stack.start(command);
  // The command has its environment by now; the next one must not stop.
  delete process.env.PULUMI_EMQX_FAILPOINT;
  delete process.env.PULUMI_EMQX_FAILPOINT_FILE;
  let ended: PulumiResult | undefined;
  void run.result.then((result) => (ended = result));
  const there = () => existsSync(file) && readFileSync(file, "utf8") !== "";
  for (const deadline = Date.now() + REACH_SECONDS * 1000; !there(); await sleep(50)) {
    if (!ended && Date.now() < deadline) continue;
    run.kill();
    const { output } = await run.result;
    const how = ended ? "it ended before" : `not within ${REACH_SECONDS} s`;
    throw new Error(`Expected \`pulumi ${command[0]}\` to get to ${point}, but ${how}:\n${output}`);
  }
  return {
    run,
    provider: Number(readFileSync(file, "utf8")),
    letGo: () => rmSync(file, { force: true }),
  };
}

/**
 * Kills what stands at a failpoint and lets the rest go on. An orphan has to end by itself and to
 * write nothing from then on but its own Lease.
 */
export async function strike(
  { sandbox }: Bench,
  { stack }: Scenario,
  { run, provider, letGo }: Held,
  victim: Victim,
): Promise<void> {
  assert.ok(run.pid, "the CLI runs");
  const tree = processTree(run.pid);
  const victims = { provider: [provider], cli: [run.pid], both: [run.pid, provider] }[victim];
  killAll(victims);
  // On a busy machine a process dies a while after its signal; until then its provider is no orphan.
  const dead = await eventually(
    () => Promise.resolve(!victims.some(isAlive)),
    (answer) => answer,
    ORPHAN_SECONDS,
  );
  assert.ok(dead, `the ${victim} is dead`);
  const struck = Date.now();
  letGo();
  const gone = await eventually(
    () => Promise.resolve(!isAlive(provider)),
    (answer) => answer,
    ORPHAN_SECONDS,
  );
  assert.ok(gone, `the provider ${provider} ends within ${ORPHAN_SECONDS} s of its CLI's death`);
  assert.deepEqual(actsSince(sandbox.auditLog, struck), [], "the left-over provider acts no more");
  // What only waits for a CLI that is gone, such as the program.
  if (victim !== "provider") killAll(tree.slice(1).filter(isAlive));
  const { code, output } = await run.result;
  if (victim === "provider") assert.notEqual(code, 0, `the command noticed it:\n${output}`);
  else await stack.cancel();
}

/** Writes of a rollout other than to its Lease. */
export function actsSince(auditLog: string, since: number): Write[] {
  const writes = writesSince(auditLog, since, ROLLOUT);
  return writes.filter(({ object, verb }) => !object.startsWith("leases ") && verb !== "get");
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
