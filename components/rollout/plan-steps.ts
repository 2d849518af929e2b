/** Which sets of which role, how many pods, how many clients at which pace. Pure wording. */
import { names } from "../labels";
import { live, offline } from "./drain";
import { leavingNodes } from "./estimate-parts";
import { goalOf, isIn } from "./goal";
import type { Situation } from "./plan";
import { hasEvacuation, imageOf } from "./release-of-nodes";
import { sidesOf, type Side } from "./sides";
import type { NodeObservation, Observation, Role, SetObservation } from "./types";

/** One role's part of the plan. */
interface Part {
  role: Role;
  side: Side | undefined;
  /** Sets of other colours that still have pods. */
  old: SetObservation[];
  creates: number;
  deletes: number;
}

export const ROLLING_CUTS =
  "renewed in place, pod by pod, by Kubernetes: clients of a pod are cut when it restarts (blueGreenUpdate is absent)";

export const cuts = (image: string, waitTakeover: number): string =>
  `clients of a node will be cut when its pod goes: ${image} has no evacuation; ` +
  `nodes are retired one at a time, ${waitTakeover} s (waitTakeover) apart`;

export function rollingSteps({ cluster }: Situation, aged: NodeObservation[]): string[] {
  return [
    `plan: ${ROLLING_CUTS}`,
    `  restarts ${count(aged.length, "pod")} of ${cluster} with ${clientsOf(aged)}`,
  ];
}

export function stepsOf(situation: Situation, observation: Observation): string[] {
  const { desired } = situation;
  const goal = goalOf(desired);
  const sides = sidesOf(goal, desired, observation);
  const leaving = leavingNodes(observation, desired);
  const parts = (["core", "replicant"] as const).map((role): Part => {
    const side = sides.find((each) => each.role === role);
    return {
      role,
      side,
      old: observation.sets.filter(
        (set) => set.role === role && !isIn(goal, role, set.revision) && set.pods > 0,
      ),
      creates: side ? Math.max(0, side.replicas - (side.target?.replicas ?? 0)) : 0,
      deletes: leaving.filter((node) => node.role === role).length,
    };
  });
  const present = parts.filter(({ side, old }) => side || old.length > 0);
  return [
    `plan: ${title(parts, situation)}`,
    ...order(present),
    ...present.map((part) => `  ${podsOf(part, present.length > 1, sides.at(-1))}`),
    ...clientLines(situation, observation, leaving),
  ];
}

function title(parts: Part[], situation: Situation): string {
  const moves = parts.map((part) => moveOf(part, situation)).filter((move) => move !== "");
  const exchanges = moves.filter((move) => move.startsWith(EXCHANGE));
  const others = moves.filter((move) => !move.startsWith(EXCHANGE));
  const joined = exchanges.map((move) => move.slice(EXCHANGE.length)).join(" and ");
  return [...(joined ? [`${EXCHANGE}${joined}`] : []), ...others].join("; ");
}

const EXCHANGE = "blue-green ";

function moveOf({ role, side, old, creates, deletes }: Part, situation: Situation): string {
  const from = old.map(({ name }) => name).join(", ");
  if (!side) return from && `removal of ${from}`;
  const to = nameOf(role, side.revision, situation);
  if (from) return `${EXCHANGE}from ${from} to ${to}`;
  if (creates === 0 && deletes === 0) return "";
  return `scale ${deletes > 0 ? "in" : "out"} ${to} to ${count(side.replicas, "pod")}`;
}

function nameOf(role: Role, revision: string, { cluster, v4, desired }: Situation): string {
  if (desired.rolling) return cluster;
  if (v4) return names.enterpriseSet(cluster, revision);
  return role === "core" ? names.coreSet(cluster, revision) : names.replicantSet(cluster, revision);
}

/** Only told where there are two roles. */
function order(parts: Part[]): string[] {
  const renewed = parts.filter(({ side, old }) => side && old.length > 0);
  if (parts.length < 2 || renewed.length === 0) return [];
  if (renewed.length === 2) {
    return ["  order: new cores, new replicants, switch, old replicants, old cores"];
  }
  const rest = parts.find((part) => !renewed.includes(part) && part.side && part.old.length === 0);
  return rest ? [`  the ${rest.role}s stay`] : [];
}

function podsOf(
  { role, side, creates, deletes }: Part,
  isOneOfTwo: boolean,
  serving?: Side,
): string {
  const label = isOneOfTwo ? `${role}s: ` : "";
  const what = `${label}creates ${count(creates, "pod")}, deletes ${count(deletes, "pod")}`;
  return side && side === serving ? `${what}, ${side.replicas} serve at every moment` : what;
}

function clientLines(
  { desired }: Situation,
  observation: Observation,
  leaving: NodeObservation[],
): string[] {
  const { connEvictRate, sessEvictRate, waitTakeover } = desired.strategy;
  const moved = leaving.filter((node) => hasEvacuation(node, observation));
  const cut = leaving.filter((node) => !moved.includes(node));
  const lines: string[] = [];
  if (moved.length > 0) {
    const sessions = moved.reduce((sum, node) => sum + offline(node), 0);
    lines.push(
      `  moves ${clientsOf(moved)} at ${connEvictRate}/s and ` +
        `${count(sessions, "offline session")} at ${sessEvictRate}/s`,
      `  clients that need longer than waitTakeover = ${waitTakeover} s to come back may be cut once more by EMQX, and lose a message in flight`,
    );
  }
  const [first] = cut;
  if (first) {
    const image = imageOf(first, observation) ?? desired.image;
    lines.push(`  cuts ${clientsOf(cut)}: ${cuts(image, waitTakeover)}`);
  }
  const silent = leaving.filter((node) => !node.reachable).length;
  if (silent > 0) lines.push(`  not counted: ${count(silent, "node")} that did not answer`);
  return lines;
}

const clientsOf = (nodes: NodeObservation[]): string =>
  count(
    nodes.reduce((sum, node) => sum + live(node), 0),
    "client",
  );

const count = (number: number, what: string) =>
  `${number.toLocaleString("en-US")} ${what}${number === 1 ? "" : "s"}`;
