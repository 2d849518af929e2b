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
    'rollouts.some((other) => isIn(other.to, set.role, set.revision) && reached(other, "Promote")) ||\n',
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
    "unknown-origin-disposed-of",
    "!rollouts.some((other) => isIn(other.to, set.role, set.revision)) ||",
    "",
    "A set that no record tells of is drained, never disposed of.",
  ],
  [
    "cut-while-clients-are-away",
    "(!away || away.ignored) &&",
    "",
    "Without evacuation the next node waits until the clients of the one before are back.",
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
    "&&\n    service.readyPods.every((pod) => servingPods.has(pod));",
    ";",
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
    "(held.calm ?? 0) >= desired.strategy.waitTakeover * 1000",
    "held.calm !== undefined",
    "Without evacuation nodes go waitTakeover apart.",
  ],
  [
    "way-back-to-nothing",
    "(set.replicas > 0 || (entry?.before?.[role] ?? 0) > 0),",
    "set.replicas >= 0,",
    "A revision without pods whose size nobody knows is nothing to go back to.",
  ],
  [
    "way-back-by-a-set-that-goes",
    "        !set.deleting &&\n        (set.replicas > 0",
    "        (set.replicas > 0",
    "A set that is being deleted is nothing to go back to.",
  ],
  [
    "blue-before-surplus",
    "const leaving = [...surplus, ...blue];",
    "const leaving = [...blue, ...surplus];",
    "Surplus nodes of green leave the Service before blue's clients are sent there.",
  ],
  [
    "lost-record-knows-all-names",
    "record.active === null ||",
    'record.active === "" ||',
    "After a lost record nobody knows which names are free.",
  ],
  [
    "no-way-back-from-a-held-rollout",
    "entry ?? takenUp(record, wanted)",
    "entry",
    "A rollout that was held can be aborted by the next run.",
  ],
]);
