import { mutationsOf } from "./mutation";

/** Mistakes in one step of the drain. */
export const PLAN_DRAIN = mutationsOf("plan-drain", [
  [
    // The documented mutation of docs/testing.md; the soak can be run with it.
    "early-delete",
    "return !node || seen.drained(node);",
    'return !node || seen.drained(node) || state(node) === "waiting_takeover";',
    "A blue pod is deleted only when it has nothing left: this one goes one step early, before its offline sessions have moved.",
  ],
  [
    "delete-under-clients",
    "return !node || seen.drained(node);",
    'return !node || state(node) !== "disabled";',
    "A blue pod is deleted only when nobody is connected.",
  ],
  [
    "delete-while-one-hangs",
    "if ((held.answering ?? 0) < ROUTED) return [];",
    "if (held.answering === undefined) return [];",
    "No drained node is deleted while another one hangs that may still route to it.",
  ],
  [
    "rescue-forgotten",
    "const corrections = hold ? rescue(seen) : retarget(seen);",
    "const corrections = hold ? [] : retarget(seen);",
    "Nobody is evicted while no green node is there to go to.",
  ],
  [
    "sessions-to-nodes-that-leave",
    "if (evacuation.recipients?.some((name) => leavingNames.has(name))) return true;",
    "if (evacuation.recipients?.every((name) => leavingNames.has(name))) return true;",
    "An evacuation that moves sessions to leaving nodes is corrected.",
  ],
  [
    "foreign-rates-kept",
    "return other(evacuation.connEvictRate, connEvictRate);",
    "return false;",
    "An evacuation that somebody started with other rates is corrected.",
  ],
  [
    "foreign-session-rates-kept",
    "return other(evacuation.sessEvictRate, sessEvictRate);",
    "return false;",
    "An evacuation that moves sessions at another rate is corrected.",
  ],
  [
    "start-beside-a-correction",
    "if (corrections.length > 0) return [];",
    "if (corrections.length > 9) return [];",
    "Nothing is started at a look that stops something, for the stop may not have worked yet.",
  ],
  [
    "start-right-after-a-stop",
    "?? BATCH) < BATCH",
    "?? BATCH) < 0",
    "Two nodes' batches are a second apart also when one was stopped for the other.",
  ],
  [
    "out-of-turn",
    "startIn.get(node.node) === 0",
    "startIn.has(node.node)",
    "A node waits for its turn, so that the rate holds for the cluster.",
  ],
  [
    "sessions-to-blue",
    "const migrateTo = serving.staying.map((node) => node.node);",
    "const migrateTo = [...serving.staying, ...leaving].map((node) => node.node);",
    "Sessions move to nodes that stay.",
  ],
  [
    "rates-not-shared",
    "Math.max(1, Math.floor(strategy.connEvictRate / sharers))",
    "Math.max(1, Math.floor(strategy.connEvictRate))",
    "Nodes that have to begin together share the rate.",
  ],
  [
    "surplus-refuses-while-listed",
    "Math.max(strategy.waitHealthCheck, LEAVE_SERVICE_SECONDS)",
    "strategy.waitHealthCheck",
    "A surplus node accepts clients until the Service has dropped it.",
  ],
  [
    "surplus-all-at-once",
    "start(node, base + Math.ceil(startIn.get(node.node) ?? 0))",
    "start(node, base)",
    "Surplus nodes that leave the Service together evict one after the other.",
  ],
  [
    "cores-before-replicants",
    'if (role === "core" && floor === 0 && replicantsLeave) return [];',
    "if (floor === 0 && replicantsLeave && outgoing.length === 0) return [];",
    "A core does not go before the last replicant that may need it.",
  ],
  [
    "set-deleted-with-pods",
    "if (floor > 0 || set.replicas > 0 || set.pods > 0) return [];",
    "if (floor > 0 || set.replicas > 0) return [];",
    "A set is deleted when its last pod has ended.",
  ],
  [
    "shrunk-below-the-wanted",
    "while (replicas > floor && mayGo(replicas - 1)) replicas -= 1;",
    "while (replicas > 0 && mayGo(replicas - 1)) replicas -= 1;",
    "Scaling in stops at the wanted number.",
  ],
  [
    "deployment-while-it-replaces",
    "if (alive.length !== set.replicas) return undefined;",
    "if (alive.length < 0) return undefined;",
    "A Deployment that replaces a pod is not shrunk: its number says nothing.",
  ],
  [
    "victim-beside-a-shaky-pod",
    "mayGo(node) && !(shaky && node.ready)",
    "mayGo(node)",
    "A Ready replicant does not go while one that stays is not Ready: Kubernetes would take that one.",
  ],
  [
    "disposable-cores-before-replicants",
    'if (role === "core" && replicants.length > 0) return [];',
    'if (role === "core" && replicants.length > 9) return [];',
    "Replicants that never served end before their cores.",
  ],
  [
    "asked-to-forget-by-a-dying-node",
    ".filter((node) => node.reachable && !node.terminating)\n    .sort((a, b) => Number(b.ready)",
    ".filter((node) => node.reachable)\n    .sort((a, b) => Number(b.ready)",
    "A pod on its way out is not asked to make EMQX forget a node.",
  ],
  [
    "evicting-while-green-is-silent",
    "return serving.staying.some(silent) ? stopEvicting(seen) : [];",
    "return [];",
    "Nobody is evicted while it cannot be seen whether clients come back.",
  ],
  [
    "stranded-for-ever",
    ">= STRANDED) return true;",
    ">= Infinity) return true;",
    "An evacuation whose recipients are gone is started anew.",
  ],
  [
    "stranded-at-once",
    ">= STRANDED) return true;",
    ">= 0) return true;",
    "Recipients that are unavailable for a moment are no reason to start anew.",
  ],
  [
    "disposed-while-silent",
    'hangs(node) && heldFor(seen.held, node, "unknown") < MUTE',
    "hangs(node) && !node",
    "A set that never served says that it holds nobody before it goes.",
  ],
  [
    "hold-stops-session-moves",
    '["waiting_health_check", "evicting_conns"].includes(state(node))',
    '["waiting_health_check", "evicting_conns", "evicting_sessions"].includes(state(node))',
    "Sessions go on being moved while clients are waited for.",
  ],
  [
    "hung-nodes-unseen",
    "!node.reachable && isUp(node)",
    "!node.reachable && !isUp(node)",
    "A node that hangs is one that is silent though nothing says that it is down.",
  ],
  [
    "cores-gone-under-a-replaced-replicant",
    'set.role === "replicant" && set.replicas > 0)',
    'set.role === "replicant" && set.pods > 0)',
    "No core goes while a Deployment of replicants may still make a pod that needs it.",
  ],
]);
