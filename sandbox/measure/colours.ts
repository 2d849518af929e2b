import type { ClusterLog, ObservedObject, Role, Selection } from "./cluster-log";

/** Revisions before and after; with replicants each role has its own. */
export interface Colours {
  /** Revision that the listeners Service selected before and after. */
  blue: string;
  green: string;
  /** Every revision that has to be gone in the end. */
  old: string[];
  /** Every revision that has to stay. */
  kept: string[];
  /** Those of them that are new. */
  fresh: string[];
}

/** What the Services selected before a moment and select now. */
export function coloursOf(log: ClusterLog, startedAt: number): Colours | undefined {
  const blue = selectedAt(log.selections, startedAt);
  const green = log.selections.at(-1)?.revision;
  if (!blue || !green) return undefined;
  const coreBefore = coreRevision(log, blue, startedAt);
  const coreAfter = coreRevision(log, green, Infinity);
  const kept = [...new Set([green, coreAfter])];
  const before = [...new Set([blue, coreBefore])];
  const old = before.filter((revision) => !kept.includes(revision));
  const fresh = kept.filter((revision) => !before.includes(revision));
  return { blue, green, old, kept, fresh };
}

/** Name of the set of a revision, of one role if that is given; undefined when there is none. */
export function setName(log: ClusterLog, revisions: string[], role?: Role): string | undefined {
  return sets(log, role).find(({ revision }) => revisions.includes(revision))?.name;
}

/** Cores' revision: that of the serving set or, behind replicants, what the dashboard selects. */
function coreRevision(log: ClusterLog, serving: string, t: number): string {
  const cores = sets(log, "core").filter(({ seenAt }) => seenAt <= t);
  if (cores.some(({ revision }) => revision === serving)) return serving;
  const selected = selectedAt(log.dashboardSelections, t);
  const alive = cores.filter(({ goneAt }) => (goneAt ?? Infinity) > Math.min(t, Date.now()));
  return selected ?? alive.at(-1)?.revision ?? serving;
}

function selectedAt(selections: Selection[], t: number): string | null | undefined {
  return selections.filter((each) => each.t <= t).at(-1)?.revision;
}

function sets(log: ClusterLog, role?: Role): ObservedObject[] {
  const kinds = ["StatefulSet", "Deployment"];
  return log.objects.filter(
    (each) => kinds.includes(each.kind) && each.role === (role ?? each.role),
  );
}
