/** Observations for tests of the rules, built from what differs. */
import type { PreflightFacts } from "../../components/rollout/preflight-facts";
import type {
  Desired,
  EvacuationState,
  Held,
  NodeObservation,
  Observation,
  Phase,
  Role,
  RolloutEntry,
  RolloutRecord,
  Strategy,
} from "../../components/rollout/types";

export const NOW = Date.parse("2026-11-21T12:00:00Z");

export const strategy: Strategy = {
  initialDelaySeconds: 10,
  connEvictRate: 100,
  sessEvictRate: 50,
  waitTakeover: 10,
  waitHealthCheck: 0,
  progressDeadlineSeconds: 600,
  onFailure: "abort",
  gate: "none",
};

export const wanted = (changes: Partial<Strategy> = {}, replicas = 2): Desired => ({
  revision: "green",
  replicas,
  image: "emqx/emqx:6.1.0",
  strategy: { ...strategy, ...changes },
});

export function node(
  revision: string,
  ordinal: number,
  changes: Partial<NodeObservation> = {},
): NodeObservation {
  const pod = `c-core-${revision}-${ordinal}`;
  return {
    pod,
    role: "core",
    node: `emqx@${pod}`,
    revision,
    ordinal,
    ready: true,
    terminating: false,
    reachable: true,
    version: "6.1.0",
    connections: 0,
    liveConnections: 0,
    connectedTotal: 0,
    evacuation: { state: "disabled" },
    ...changes,
  };
}

/** A replicant of `revision`; its number makes its IP address. */
export function replicant(
  revision: string,
  number: number,
  changes: Partial<NodeObservation> = {},
): NodeObservation {
  const pod = `c-replicant-${revision}-${number}`;
  const address = `emqx@10.88.${revision.length}.${number}`;
  return { ...node(revision, 0), pod, role: "replicant", node: address, ...changes };
}

export const evacuating = (
  state: EvacuationState,
  recipients = ["emqx@c-core-green-0", "emqx@c-core-green-1"],
): Partial<NodeObservation> => ({
  evacuation: { state, recipients, connEvictRate: 100, sessEvictRate: 50 },
});

export const silent: Partial<NodeObservation> = {
  reachable: false,
  version: undefined,
  connections: undefined,
  liveConnections: undefined,
  connectedTotal: undefined,
  evacuation: undefined,
};

/** Every node sees every node as running, the named ones as stopped. */
export function cluster(
  nodes: NodeObservation[],
  changes: Partial<Observation> & { stopped?: string[]; alsoRunning?: string[] } = {},
): Observation {
  const { stopped = [], alsoRunning = [], ...rest } = changes;
  const view: Record<string, "running" | "stopped"> = {};
  for (const { node: name } of nodes) view[name] = "running";
  for (const name of alsoRunning) view[name] = "running";
  for (const name of stopped) view[name] = "stopped";
  const revisions = [...new Set(nodes.map(({ revision }) => revision))];
  const selects = rest.service?.selects ?? "blue";
  return {
    sets: revisions.map((revision) => {
      const mine = nodes.filter((candidate) => candidate.revision === revision);
      const role: Role = mine[0]?.role ?? "core";
      return {
        role,
        name: `c-${role}-${revision}`,
        revision,
        replicas: mine.length,
        pods: mine.length,
        image: "emqx/emqx:6.1.0",
        createdAt: revision === "blue" ? 1 : 2,
        deleting: false,
      };
    }),
    nodes: nodes.map((one) => ({ ...one, view: one.reachable ? (one.view ?? view) : undefined })),
    service: {
      exists: true,
      selects,
      readyPods: nodes.filter((one) => one.revision === selects && one.ready).map(({ pod }) => pod),
    },
    control: null,
    ...rest,
  };
}

export const on = (revision: string | null, pods: string[]): Observation["service"] => ({
  exists: true,
  selects: revision,
  readyPods: pods,
});

export const greenService = on("green", ["c-core-green-0", "c-core-green-1"]);
export const blues = (changes: Partial<NodeObservation> = {}) => [
  node("blue", 0, changes),
  node("blue", 1, changes),
];
export const greens = (changes: Partial<NodeObservation> = {}) => [
  node("green", 0, changes),
  node("green", 1, changes),
];

/** A record in the middle of blue -> green that has gone through the given phases, each begun `secondsAgo`. */
export function record(
  phases: Phase[] = [],
  changes: Partial<RolloutEntry> = {},
  secondsAgo = 1,
): RolloutRecord {
  const startedAt = new Date(NOW - secondsAgo * 1000).toISOString();
  return {
    schemaVersion: 1,
    hashVersion: 1,
    active: "blue",
    current: {
      id: "green-1",
      kind: "blue-green",
      from: "blue",
      to: "green",
      toImage: "emqx/emqx:6.1.0",
      phase: phases.at(-1) ?? "Preflight",
      aborting: false,
      startedAt,
      phases: phases.map((name) => ({ name, startedAt })),
      nodes: [],
      ...changes,
    },
    history: [],
  };
}

/** The record with earlier rollouts to these goals, which ended before they were promoted. */
export function afterFailures(story: RolloutRecord, ...goals: string[]): RolloutRecord {
  const current = story.current ?? record().current;
  const failed = goals.map((to) => ({
    ...(current as RolloutEntry),
    id: `${to}-1`,
    to,
    phase: "Failed" as const,
    phases: [{ name: "WaitGreen" as const, startedAt: new Date(NOW - 60_000).toISOString() }],
    finishedAt: new Date(NOW - 30_000).toISOString(),
  }));
  return { ...story, history: [...failed, ...story.history] };
}

export const settled: Held = {
  joined: 60_000,
  switched: 60_000,
  quiet: 60_000,
  answering: 60_000,
};

export const facts = (changes: Partial<PreflightFacts> = {}): PreflightFacts => ({
  missingPermissions: [],
  license: { type: "official", expired: false },
  evacuationApi: true,
  foreignRebalances: [],
  licenseConfigured: true,
  ...changes,
});
