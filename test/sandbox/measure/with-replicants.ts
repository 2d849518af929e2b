import type { ObservedObject } from "../../../sandbox/measure/cluster-log";
import type { Measured } from "../../../sandbox/measure/make-report";
import { goodUpgrade } from "./synthetic";

/** Revisions of cores and replicants, before and after. */
export const REVISIONS = { aaaa: "cccc", bbbb: "dddd" } as const;

const replicant = (name: string): string =>
  name.replace(/emqx-core-(\w+)-(\d)/, (_, revision: string, ordinal: string) => {
    return `emqx-replicant-${REVISIONS[revision as keyof typeof REVISIONS]}-7d9f-x2z${ordinal}`;
  });

/** The good upgrade, with the clients on replicants: three more pods of each colour. */
export function goodUpgradeWithReplicants(): Measured {
  const measured = goodUpgrade();
  const { log, fleet, terms, end, startedAt } = measured;
  const images = { aaaa: terms.from, bbbb: terms.to };
  const replicants: ObservedObject[] = [];
  for (const object of log.objects) {
    const revision = object.revision as keyof typeof REVISIONS;
    const of = REVISIONS[revision];
    // Cores come a second before their replicants and go two seconds after.
    const isPod = object.kind === "Pod";
    const running = isPod && { image: images[revision], runningAt: object.seenAt + 1000 };
    replicants.push({
      ...object,
      ...running,
      ...(isPod && { runningAt: object.seenAt + 2000 }),
      kind: isPod ? "Pod" : "Deployment",
      name: isPod ? replicant(object.name) : `emqx-replicant-${of}`,
      revision: of,
      role: "replicant",
      set: `emqx-replicant-${of}`,
      ...(object.goneAt && {
        deletingAt: object.goneAt - 5000,
        goneAt: object.goneAt - 4000,
      }),
    });
    Object.assign(object, running);
  }
  log.objects.push(...replicants);
  log.selections = [
    { t: startedAt - 60_000, revision: "cccc" },
    { t: startedAt + 20_000, revision: "dddd" },
  ];
  for (const state of log.endpoints) state.pods = state.pods.map(replicant);
  fleet.pods = fleet.pods.map(replicant);
  terms.replicants = 3;
  log.evacuations = ["evicting_conns", "waiting_takeover", "evicting_sessions", "prohibiting"].map(
    (state, i) => ({
      t: startedAt + 30_000 + i * 1000,
      nodes: [{ node: "emqx@10.88.1.1", state, connection_goal: 5 }],
    }),
  );
  const added = [1, 2, 3].map((n) => `emqx@10.88.1.${n}`);
  end.expectedNodes.push(...added);
  for (const node of added) {
    end.clusterNodes.push({ node, version: "6.1.0", node_status: "running" });
  }
  return measured;
}
