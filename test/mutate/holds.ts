import { mutationsOf } from "./mutation";

/** Mistakes in what holds a rollout up: a person, clients that stay away, a standstill. */
export const HOLDS = [
  ...mutationsOf("holds", [
    [
      "pause-ignored",
      'if (observation.control !== "pause") return undefined;',
      'if (observation.control !== "promote") return undefined;',
      "A pause stops every write.",
    ],
    [
      "standstill-for-ever",
      "(held.still ?? 0) < limit * 1000) return undefined;",
      "(held.still ?? 0) < Infinity) return undefined;",
      "A drain in which nothing moves ends.",
    ],
    [
      "standstill-before-the-drain",
      "if (BOUNDED.includes(phase)) return undefined;",
      "if (phase === undefined) return undefined;",
      "What has a deadline of its own, or a person to wait for, is no standstill.",
    ],
    [
      "standstill-while-clients-are-awaited",
      "if (isHolding(entry?.away) || (held.still",
      "if ((held.still",
      "Waiting for clients has a deadline of its own.",
    ],
    [
      "standstill-without-the-waits",
      "const limit = progressDeadlineSeconds + waitTakeover + waitHealthCheck;",
      "const limit = progressDeadlineSeconds;",
      "The waits of an evacuation are no standstill.",
    ],
    [
      "hold-with-nobody-to-evict",
      "|| leaving.every((node) => live(node) === 0)) return undefined;",
      ") return undefined;",
      "With nobody left to evict there is nobody to hold for.",
    ],
    [
      "never-hold",
      "if (missing === undefined) return undefined;",
      "if (missing !== null) return undefined;",
      "Evacuation is held while evicted clients stay away.",
    ],
    [
      "resume-annotation-stays",
      'const actions: Action[] = [{ do: "clearControl" }];',
      "const actions: Action[] = [];",
      "An annotation that was obeyed is consumed.",
    ],
    [
      "resume-forgotten",
      "{ ...hold(seen, { ...away, ignored: true }), actions }",
      "{ ...hold(seen, away), actions }",
      "A person may say that clients are gone for good.",
    ],
    [
      "hold-for-ever",
      "if (arrived !== undefined && arrived >= away.until)",
      "if (arrived !== undefined && arrived > Infinity)",
      "Evacuation goes on when enough clients are back.",
    ],
    [
      "hold-without-deadline",
      "if (now - Date.parse(away.since) <= limit * 1000) return hold(seen, away);",
      "if (now - Date.parse(away.since) <= Infinity) return hold(seen, away);",
      "Clients that never come back end the rollout.",
    ],
    [
      "service-gone-unnoticed",
      "if (observation.service.exists) return undefined;",
      "if (!!seen) return undefined;",
      "Without its Service an upgrade evicts nobody.",
    ],
    [
      "service-awaited-for-ever",
      "if ((held.serviceless ?? 0) < SERVICE_PATIENCE) {",
      "if ((held.serviceless ?? 0) < Infinity) {",
      "A Service that stays away ends the run.",
    ],
    [
      "hold-goes-on-evicting",
      "actions: plan.actions.length > 0 ? plan.actions : stopEvicting(seen),",
      "actions: plan.actions,",
      "A hold stops the evacuations that evict.",
    ],
  ]),
  ...mutationsOf("returns", [
    [
      "few-prove-something",
      "if (lost < LEAST_LOST || after",
      "if (lost < 1 || after",
      "A handful of devices that are switched off hold nothing up.",
    ],
    [
      "share-ignored",
      "after - before >= share * lost",
      "after - before >= 0 * lost",
      "The share of returning clients that the user asks for is asked for.",
    ],
    [
      "hold-though-switched-off",
      "if (share <= 0) return undefined;",
      "if (share < -1) return undefined;",
      "A share of 0 never holds.",
    ],
    [
      "silent-node-counts-as-empty",
      "if (nodes.some((node) => !node.reachable)) return undefined;",
      "if (nodes.length === 0) return undefined;",
      "While a node that stays is silent nobody knows who is back.",
    ],
    [
      "gone-to-the-next-node-is-away",
      ".reduce((sum, node) => sum + live(node), 0);\n  return Math.max(0, there(before) - there(after));",
      ".map((node) => [node.node, live(node)] as const);\n  const now = new Map(there(after));\n  return there(before).reduce((sum, [name, had]) => sum + Math.max(0, had - (now.get(name) ?? 0)), 0);",
      "Who went from one leaving node to the next is not away.",
    ],
    [
      "silent-node-has-lost-all",
      "[...before.nodes, ...after.nodes].filter((node) => !node.reachable)",
      "[...before.nodes].filter((node) => !node.reachable)",
      "A node that does not answer has not lost its clients.",
    ],
  ]),
  ...mutationsOf("conditions", [
    [
      "quiet-without-counters",
      "node.connectedTotal !== undefined && node.connectedTotal === before.get(node.node)",
      "node.connectedTotal !== undefined",
      "The switch is proven by blue's own counters of new clients.",
    ],
    [
      "calm-though-a-pod-went",
      "seen.calm && previous?.nodes.length === observation.nodes.length",
      "seen.calm",
      "Without evacuation the next node waits until the one before is gone.",
    ],
    [
      "progress-by-clients-that-stay",
      "leaving.has(node.node) ? [live(node), offline(node)] : [],",
      "[live(node), offline(node)],",
      "Clients of green that come and go are no progress of the drain.",
    ],
    [
      "progress-by-sessions-overlooked",
      "leaving.has(node.node) ? [live(node), offline(node)] : [],",
      "leaving.has(node.node) ? [live(node)] : [],",
      "Sessions that move are progress.",
    ],
  ]),
  ...mutationsOf("leftovers", [
    [
      "believer-outvoted",
      '|| listed.get(name) === "running") continue;',
      ") continue;",
      "One node that still believes in a running peer is enough to wait.",
    ],
    [
      "replicant-forced-to-leave",
      'those("stopped").filter((name) => !REPLICANT.test(name))',
      'those("stopped")',
      "EMQX is not told to forget a replicant, which it refuses.",
    ],
    [
      "wanted-node-forced-to-leave",
      "place.ordinal < set.replicas",
      "place.ordinal < 0",
      "A stopped node that its set still wants is not told to leave.",
    ],
  ]),
];
