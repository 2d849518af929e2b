import type { KubeObject } from "../../sandbox/node-agent/kube/types";
import { isReady, REVISION } from "../e2e/support/cluster";
import type { Soak } from "./soak";

/** What a person needs to see when an invariant was broken. */
export async function diagnose({ bench, scenario, output }: Soak): Promise<string> {
  const { watched } = scenario;
  const sections: [string, () => Promise<string[]>][] = [
    ["the last lines of Pulumi's output", () => Promise.resolve(output)],
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
