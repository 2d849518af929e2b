import type { KubeObject } from "../../sandbox/node-agent/kube/types";
import { isReady, REVISION } from "../e2e/support/cluster";
import type { Soak } from "./soak";

/** What a person needs to see when an invariant was broken. */
export async function diagnose({ bench, scenario, output }: Soak): Promise<string> {
  const { watched } = scenario;
  const sections: [string, () => Promise<readonly string[]>][] = [
    ["the end of Pulumi's output", () => Promise.resolve(ending(output))],
    [
      "pods",
      async () =>
        (await bench.pods(watched)).map((pod) => {
          const { name, deletionTimestamp, labels } = pod.metadata;
          const ends = deletionTimestamp ? ", terminating" : "";
          return `${name} of ${labels?.[REVISION]}: ${isReady(pod) ? "Ready" : "not Ready"}${ends}`;
        }),
    ],
    [
      "sets",
      async () =>
        (await bench.sets(watched)).map(
          ({ metadata, spec }) => `${metadata.name} ${spec.replicas}`,
        ),
    ],
    [
      "record and lease",
      async () => {
        const named = ({ metadata }: KubeObject): boolean => metadata.name.endsWith("-rollout");
        const maps = (await bench.list("configmaps", watched)).filter(named);
        const leases = (await bench.list("leases", watched)).filter(named);
        return [...maps, ...leases].map((object) => JSON.stringify(object, undefined, 2));
      },
    ],
  ];
  const parts = await Promise.all(
    sections.map(async ([title, read]) => {
      const lines = await read().catch((error: unknown) => [String(error)]);
      return [`== ${title}`, ...lines].join("\n");
    }),
  );
  return parts.join("\n");
}

/** What Pulumi complains of; its outputs come after that, and are long. */
function ending(output: readonly string[]): readonly string[] {
  const complaint = output.findLastIndex((line) => line.trim() === "Diagnostics:");
  if (complaint < 0) return output.slice(-50);
  const after = output.slice(complaint);
  const end = after.findIndex((line) => line.trim() === "Outputs:");
  return end < 0 ? after : after.slice(0, end);
}
