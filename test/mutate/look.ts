import { mutationsOf } from "./mutation";

/** Mistakes in what the rules see. */
export const LOOK = mutationsOf("look", [
  [
    "served-by-the-active-forgotten",
    "isIn(record.active, set.role, set.revision) ||\n",
    "",
    "The set that serves is drained, never disposed of.",
  ],
  [
    "served-by-an-aborted-rollout-forgotten",
    'rollouts.some((past) => isIn(past.to, set.role, set.revision) && reached(past, "Promote")) ||\n',
    "",
    "A set that was promoted once is drained, never disposed of.",
  ],
  [
    "served-by-its-clients-forgotten",
    "nodesOf(observation, set).some((node) => (node.connections ?? 0) > 0);",
    "false;",
    "A set that clients reached all the same is drained, never disposed of.",
  ],
  [
    "joined-though-not-ready",
    "node.ready && node.reachable && isOfTemplate",
    "node.reachable && isOfTemplate",
    "Green counts when Kubernetes calls it Ready.",
  ],
  [
    "joined-though-blue-does-not-know",
    "sees(node, coreNames),\n    );",
    "sees(node, coreNames) || !names.has(node.node),\n    );",
    "Green counts when blue knows it as well: its sessions go there.",
  ],
  [
    "switched-though-blue-is-listed",
    "&&\n      service.readyPods.every((pod) => servingPods.has(pod)));",
    ");",
    "The switch is proven when the Service lists no node of another set.",
  ],
  [
    "surplus-given-up-in-service",
    "(!isSurplus(node) &&\n",
    "(node !== undefined &&\n",
    "An empty surplus node is evacuated before it goes, since clients still reach it.",
  ],
  [
    "cut-without-a-pause",
    "calm && joined && (held.calm ?? 0) >= desired.strategy.waitTakeover * 1000",
    "calm && joined",
    "Without evacuation nodes go waitTakeover apart.",
  ],
  [
    "way-back-to-nothing",
    "!set.deleting && set.replicas > 0,",
    "!set.deleting,",
    "A revision without pods is nothing to go back to.",
  ],
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
    "blue-before-surplus",
    "const leaving = [...surplus, ...blue];",
    "const leaving = [...blue, ...surplus];",
    "Surplus nodes of green leave the Service before blue's clients are sent there.",
  ],
]);
