import { atLeast } from "../image";
import type { EmqxNode } from "../node";

/**
 * Milliseconds after which a call of the evacuation to another node fails; before 5.9 it waits until that node goes
 * on or is down (facts/emqx-observed.md, s8 and s9).
 */
export function rpcTimeout({ settings }: Pick<EmqxNode, "settings">): number | undefined {
  return atLeast(settings.version, 5, 9) ? 15_000 : undefined;
}
