/**
 * Which releases may share a cluster, as EMQX's list of rolling upgrades says
 * (https://docs.emqx.com/en/emqx/latest/deploy/rolling-upgrades.html; docs/upgrades.md, "Which
 * release to which"). Told, never refused: a change of mind has to be able to go back.
 */
import { releaseOf, type Release } from "./release";

/** What speaks against an upgrade from one image to the other; undefined where nothing is known. */
export function pathProblem(fromImage: string, toImage: string): string | undefined {
  const [from, to] = [minorOf(releaseOf(fromImage)), minorOf(releaseOf(toImage))];
  if (from === undefined || to === undefined) return undefined;
  const between = `from ${from.text} to ${to.text}`;
  if (to.rank < from.rank) {
    return `EMQX lists no way back ${between}: an older node may not read what a newer one wrote`;
  }
  if (from.rank < rank(5, 4) && to.rank >= rank(5, 10)) {
    return `EMQX supports no ${to.text} in a cluster that began with ${from.text} (routing schema v1): green may not join`;
  }
  if (from.rank < rank(5, 8) && to.rank >= rank(6, 0)) {
    return `EMQX lists no way ${between}: upgrade to 5.10 first`;
  }
  return undefined;
}

/** EMQX 4 has rules of its own, and never shares a cluster with EMQX 5. */
function minorOf({ major, minor }: Release): { text: string; rank: number } | undefined {
  if (major === undefined || minor === undefined || major < 5) return undefined;
  return { text: `${major}.${minor}`, rank: rank(major, minor) };
}

const rank = (major: number, minor: number): number => major * 1000 + minor;
