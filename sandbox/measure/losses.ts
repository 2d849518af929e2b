import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LOSSES_FILE, type Loss } from "../emqx/switches/losses";
import type { FleetFigures } from "../load/figures";

export type { Loss } from "../emqx/switches/losses";

/** Milliseconds between what EMQX says and what a client sees. */
const TOLERANCE = 3_000;

/** What the nodes of a sandbox lost on purpose so far. */
export function readLosses(sandboxFolder: string): Loss[] {
  const file = join(sandboxFolder, LOSSES_FILE);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Loss);
}

/**
 * What clients missed and EMQX owns up to: everything else that is missing is the upgrade's fault. A loss that no
 * client noticed, for example of a message that was sent again, counts for neither.
 */
export function attribute(
  losses: Loss[],
  fleet: Pick<FleetFigures, "missing" | "disconnects" | "clientPrefix">,
  startedAt: number,
): {
  messages: number;
  messagesOfKept: number;
  secondCuts: Set<FleetFigures["disconnects"][number]>;
} {
  const since = losses.filter(({ at }) => at >= startedAt);
  const key = (clientId: string, payload = ""): string => `${clientId} ${payload}`;
  const lost = new Set(
    since.flatMap(({ kind, clientId, payload }) =>
      kind === "message" ? [key(clientId, payload)] : [],
    ),
  );
  const messages = fleet.missing.filter(([client, message]) => lost.has(key(client, message)));
  const secondCuts = new Set<FleetFigures["disconnects"][number]>();
  for (const { kind, clientId, at } of since) {
    if (kind !== "second-cut") continue;
    const cut = fleet.disconnects.find(
      (each) =>
        !secondCuts.has(each) &&
        `${fleet.clientPrefix}${each[2]}` === clientId &&
        Math.abs(each[0] - at) < TOLERANCE,
    );
    if (cut) secondCuts.add(cut);
  }
  const messagesOfKept = messages.filter(([, , kept]) => kept).length;
  return { messages: messages.length, messagesOfKept, secondCuts };
}
