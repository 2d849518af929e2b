import type { FleetFigures } from "../../../sandbox/load/figures";
import type { ClusterLog, ObservedObject } from "../../../sandbox/measure/cluster-log";
import type { Measured } from "../../../sandbox/measure/make-report";

const START = Date.UTC(2026, 10, 21, 12, 0, 0);
const nodesOf = (revision: string) => [0, 1, 2].map((i) => `emqx-core-${revision}-${i}`);
const node = (pod: string) => `emqx@${pod}.emqx-headless.default.svc.cluster.local`;

/** An upgrade as it should be: 300 clients in bursts of `rate` a second, node after node. */
export function goodUpgrade(clients = 300, rate = 30): Measured {
  const blue = nodesOf("aaaa");
  const green = nodesOf("bbbb");
  const pods = [...blue, ...green];
  const at = (seconds: number): number => START + seconds * 1000;
  const connects: FleetFigures["connects"] = [];
  const disconnects: FleetFigures["disconnects"] = [];
  const attempts: FleetFigures["attempts"] = [];
  const drainStart = 30;
  for (let client = 0; client < clients; client += 1) {
    connects.push([at(-9), at(-9), Math.floor((client / clients) * 3), client]);
    const evicted = at(drainStart + Math.floor(client / rate));
    const back = evicted + 50 + ((client % rate) / rate) * 350;
    disconnects.push([evicted, Math.floor((client / clients) * 3), client]);
    attempts.push([back, 3 + (client % 3)]);
    connects.push([back, back + 5, 3 + (client % 3), client]);
  }
  const drained = drainStart + clients / rate;
  const gone = drained + 12;
  const object = (kind: ObservedObject["kind"], name: string, revision: string): ObservedObject =>
    revision === "aaaa"
      ? { ...common(kind, name, revision), deletingAt: at(gone - 1), goneAt: at(gone) }
      : { ...common(kind, name, revision), seenAt: at(kind === "Pod" ? 6 : 5) };
  const common = (kind: ObservedObject["kind"], name: string, revision: string) => ({
    kind,
    name,
    revision,
    role: "core" as const,
    set: `emqx-core-${revision}`,
    seenAt: at(-60),
  });
  const log: ClusterLog = {
    objects: [
      object("StatefulSet", "emqx-core-aaaa", "aaaa"),
      object("StatefulSet", "emqx-core-bbbb", "bbbb"),
      ...blue.map((pod) => object("Pod", pod, "aaaa")),
      ...green.map((pod) => object("Pod", pod, "bbbb")),
    ],
    selections: [
      { t: at(-60), revision: "aaaa" },
      { t: at(20), revision: "bbbb" },
    ],
    dashboardSelections: [
      { t: at(-60), revision: "aaaa" },
      { t: at(20), revision: "bbbb" },
    ],
    endpoints: [
      { t: at(-50), pods: blue },
      { t: at(20.1), pods: green },
    ],
    dashboardEndpoints: [
      { t: at(-50), pods: blue },
      { t: at(20.1), pods: green },
    ],
    evacuations: [],
  };
  return {
    terms: {
      cluster: "emqx",
      from: "emqx/emqx:6.0.1",
      to: "emqx/emqx:6.1.0",
      replicas: 3,
      connEvictRate: rate,
      sessEvictRate: rate,
      initialDelaySeconds: 10,
      waitTakeover: 10,
    },
    startedAt: START,
    endedAt: at(gone + 3),
    fleet: {
      clients,
      offline: 6,
      pods,
      samples: samplesOf(connects, disconnects, pods.length, at(-8), at(gone + 5)),
      connects,
      disconnects,
      attempts,
      refusals: {},
      endings: {},
      sessionsExpected: clients / 2 + 6,
      sessionsLost: 0,
      messages: { published: 5000, lost: 0, lostByKept: 0, duplicates: 2, unacknowledged: 0 },
      missing: [],
      clientPrefix: "fleet-x-",
    },
    log,
    end: {
      clusterNodes: green.map((pod) => ({
        node: node(pod),
        version: "6.1.0",
        node_status: "running",
      })),
      evacuationsLeft: [],
      objectsLeft: [],
      expectedNodes: green.map(node),
    },
  };
}

function samplesOf(
  connects: FleetFigures["connects"],
  disconnects: FleetFigures["disconnects"],
  pods: number,
  from: number,
  to: number,
): FleetFigures["samples"] {
  const changes = [
    ...connects.map(([, t, pod]) => ({ t, pod, by: 1 })),
    ...disconnects.map(([t, pod]) => ({ t, pod, by: -1 })),
  ].sort((a, b) => a.t - b.t);
  const byPod = new Array<number>(pods).fill(0);
  const samples: FleetFigures["samples"] = [];
  let total = 0;
  let low = 0;
  let next = 0;
  for (let t = from; t <= to; t += 250) {
    for (let change = changes[next]; change && change.t <= t; change = changes[++next]) {
      total += change.by;
      byPod[change.pod] = (byPod[change.pod] ?? 0) + change.by;
      low = Math.min(low, total);
    }
    samples.push({ t, total, low: samples.length === 0 ? total : low, byPod: [...byPod] });
    low = total;
  }
  return samples;
}
