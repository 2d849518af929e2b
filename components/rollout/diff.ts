/** Whether something is to be done. Compares with what was applied, never with what was merely asked for. */
import { hasUnknown, UNKNOWN } from "../unknown";
import { canonical } from "./canonical";
import { changesSince, shown, type Change } from "./changes";
import { isServed, servingRevision } from "./goal";
import type { RolloutInputs } from "./inputs";
import { SCHEMA_VERSION, type Outputs } from "./outputs";
import type { RolloutRecord, ServiceObservation } from "./types";

export interface Diff {
  changes: boolean;
  replaces?: string[];
}

export interface DetailedDiff extends Diff {
  /** Changed fields, as far as they are known. */
  fields: Change[];
  /** Some inputs are not known yet, so that the fields are not the whole story. */
  unknown: boolean;
  /** Only the Services have changed since: whether they select what they should, they know. */
  unsure?: boolean;
  /** The cluster is not where the state has it. */
  elsewhere?: boolean;
}

export function diffOf(olds: Outputs, news: RolloutInputs): DetailedDiff {
  const replaces = (["name", "namespace"] as const).filter(
    (key) => news[key] !== UNKNOWN && olds[key] !== undefined && news[key] !== olds[key],
  );
  if (replaces.length > 0) {
    // Physical names carry both, so the new cluster can be there before the old one goes.
    return { changes: true, replaces, fields: [], unknown: false };
  }
  // Unknown is a change but never a replacement: that would delete the brokers for a Secret's sake.
  const { services, ...others } = news;
  if (hasUnknown(others)) return { changes: true, fields: [], unknown: true };
  const fields =
    olds.applied == null
      ? []
      : [
          ...changesSince(olds.applied, hasUnknown(services) ? others : news),
          ...contextChange(olds, news),
        ];
  const changes =
    hasUnknown(services) ||
    olds.applied == null ||
    olds.phase !== "Done" ||
    (olds.schemaVersion ?? 0) < SCHEMA_VERSION ||
    olds.selects !== served(olds) ||
    olds.kubeconfig !== news.kubeconfig ||
    olds.context !== news.context ||
    canonical(olds.site?.dashboardTls) !== canonical(news.dashboardTls);
  const unsure = !changes && fields.length > 0 && fields.every(isOfService);
  return { changes: changes || fields.length > 0, fields, unknown: false, unsure };
}

/** Whether another name means another cluster nobody can say who asks the new one only. */
function contextChange(olds: Outputs, news: RolloutInputs): Change[] {
  const why =
    "on another Kubernetes cluster all is made anew, and what runs on this one stays there";
  const changes = shown("context", "settings", olds.context, news.context);
  return changes.map((change) => ({ ...change, why }));
}

const isOfService = ({ path }: Change): boolean => path.startsWith("services.");

/** A selector that we wrote gives a Service another version: `pulumi refresh` shows that, and it is no change. */
export const isAsServed = ({ currentRevision: goal }: Outputs, service: ServiceObservation) =>
  goal !== null && isServed(goal, service);

/**
 * There was a rollout that the state does not know, or not the end of: a run that was killed could
 * not tell Pulumi how far it came, and a state may be an older copy. A program that wants just what
 * the state says would otherwise find nothing to do, with two colours running.
 */
export function isElsewhere({ lastRollout }: Outputs, { current, history }: RolloutRecord) {
  const last = current ?? history[0];
  return last !== undefined && (last.finishedAt === undefined || last.id !== lastRollout?.id);
}

/** What the listeners Service selects when all is well. */
const served = ({ currentRevision: goal }: Outputs): string | null =>
  goal === null ? null : servingRevision(goal).revision;
