/** Prints, once, what the coming update will cause. Never fails: without a cluster there is no estimate, that is all. */
import type { Connection } from "./connect";
import { desiredOf } from "./desired";
import type { DetailedDiff } from "./diff";
import { touchesPods } from "./effects";
import { glance } from "./glance";
import { driftToMend } from "./hot-keys";
import type { RolloutInputs } from "./inputs";
import type { Outputs } from "./outputs";
import { planOf, type Situation } from "./plan";
import type { Sink } from "./types";

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
  const idle =
    phase === "Done" && !diff.elsewhere && diff.fields.every(({ effect }) => !touchesPods(effect));
  const situation: Situation = {
    cluster: news.name,
    v4: news.enterprise !== undefined,
    changes: diff.fields,
    desired: desiredOf(news, [olds.currentRevision]),
    phase,
    drift: driftToMend(olds.configDrift, news),
    live: idle ? { unknown: "" } : await glance(open, lookAround),
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

async function lookAround(connection: Connection) {
  const [record, observation, runner] = await Promise.all([
    connection.records.load(),
    connection.cluster.observe({ preflight: false }),
    // Worth a word only: the right to read the Lease may be missing.
    connection.atWork?.().catch(() => undefined),
  ]);
  return { record, observation, runner };
}
