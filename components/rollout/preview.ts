/** Prints, once, what the coming update will cause. Never fails: without a cluster there is no estimate, that is all. */
import { setTimeout } from "node:timers/promises";
import type { Connection } from "./connect";
import { desiredOf } from "./desired";
import type { DetailedDiff } from "./diff";
import { touchesPods } from "./effects";
import { driftToMend } from "./hot-keys";
import type { RolloutInputs } from "./inputs";
import type { Outputs } from "./outputs";
import { planOf, type Situation } from "./plan";
import type { Sink } from "./types";

/** Milliseconds that a look at the cluster may take. */
const PATIENCE = 8_000;

/** Pulumi may ask for the same diff several times in one run. */
const printed = new Set<string>();

export interface PreviewOptions {
  olds: Outputs;
  news: RolloutInputs;
  diff: DetailedDiff;
  sink: Sink;
  open: () => Promise<Connection>;
}

export async function preview({ olds, news, diff, sink, open }: PreviewOptions): Promise<void> {
  if (diff.replaces) {
    const what = diff.replaces.join(" and ");
    return print(sink, news, [
      `${what} changed: another cluster is created, then this one is deleted with its sessions`,
    ]);
  }
  if (diff.unknown) {
    return print(sink, news, ["some inputs are not known yet, so neither is the plan"]);
  }
  const phase = olds.applied == null ? (olds.phase ?? "Failed") : olds.phase;
  const idle = phase === "Done" && diff.fields.every(({ effect }) => !touchesPods(effect));
  const situation: Situation = {
    cluster: news.name,
    v4: news.enterprise !== undefined,
    changes: diff.fields,
    desired: desiredOf(news, [olds.currentRevision]),
    phase,
    drift: driftToMend(olds.configDrift, news),
    live: idle ? { unknown: "" } : await lookAt(open),
  };
  print(sink, news, planOf(situation).lines);
}

function print(sink: Sink, news: RolloutInputs, lines: string[]): void {
  // The estimate may differ by a second from one time to the next.
  const key = `${news.__urn} ${lines.filter((line) => !line.startsWith(" ")).join("\n")}`;
  if (lines.length === 0 || printed.has(key)) return;
  printed.add(key);
  sink.milestone(lines.join("\n"));
}

async function lookAt(open: () => Promise<Connection>): Promise<Situation["live"]> {
  const timer = new AbortController();
  const opening = open();
  const look = async (): Promise<Situation["live"]> => {
    const connection = await opening;
    const record = await connection.records.load();
    return { record, observation: await connection.cluster.observe({ preflight: false }) };
  };
  try {
    return await Promise.race([
      look(),
      setTimeout(PATIENCE, undefined, { signal: timer.signal }).then(() => ({
        unknown: `the cluster did not answer within ${PATIENCE / 1000} s`,
      })),
    ]);
  } catch (error) {
    return { unknown: error instanceof Error ? error.message : String(error) };
  } finally {
    timer.abort();
    opening
      .then(
        (connection) => connection.close(),
        () => undefined,
      )
      .catch(() => undefined);
  }
}
