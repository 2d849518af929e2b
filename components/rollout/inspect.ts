import type { EmqxClient } from "../emqx/api";
import { asString } from "../emqx/read";
import type { KubernetesClient } from "../kubernetes/client";
import { UPGRADE_RIGHTS } from "./rights";
import type { PreflightFacts } from "./preflight-facts";
import type { NodeObservation, Site } from "./types";

/** Nodes that are asked about the whole cluster before the preflight does without. */
const ASKED_ABOUT_ALL = 2;

/** Gathers what is worth knowing before a pod is created; judging it is `preflight.ts`'s part. */
export class Inspector {
  constructor(
    private readonly site: Site,
    private readonly kube: KubernetesClient,
    private readonly emqx: EmqxClient,
  ) {}

  async inspect(nodes: NodeObservation[]): Promise<PreflightFacts> {
    const running = nodes.filter((node) => node.reachable && !node.terminating);
    const [missingPermissions, license, apis, foreignRebalances] = await Promise.all([
      this.missingPermissions(),
      firstAnswer(running, (node) => this.emqx.license(node.pod)),
      running.map((node) => node.evacuation?.state !== "unsupported"),
      this.foreignRebalances(nodes, running),
    ]);
    const sessions = sessionsOn(nodes.filter((node) => node.reachable));
    return {
      missingPermissions,
      ...(license && { license }),
      evacuationApi: apis.every(Boolean),
      ...(sessions !== undefined && { sessions }),
      foreignRebalances,
      licenseConfigured: this.site.licenseConfigured,
    };
  }

  private async missingPermissions(): Promise<string[]> {
    const { namespace } = this.site;
    const reviews = UPGRADE_RIGHTS.flatMap(({ group, resource, verbs }) =>
      verbs.map(async (verb) => {
        const [main = "", subresource] = resource.split("/");
        const review = { verb, group, resource: main, subresource, namespace };
        return (await this.kube.allows(review)) ? [] : [`${verb} ${resource}`];
      }),
    );
    return (await Promise.all(reviews)).flat();
  }

  /** Each node tells of itself too: one host that hangs keeps all others from telling of the whole cluster. */
  private async foreignRebalances(
    nodes: NodeObservation[],
    running: NodeObservation[],
  ): Promise<string[]> {
    const ours = new Set(nodes.map((node) => node.node));
    const [status, own] = await Promise.all([
      firstAnswer(running.slice(0, ASKED_ABOUT_ALL), (node) => this.emqx.globalStatus(node.pod)),
      Promise.all(
        running.map(async ({ node, pod }) => {
          const answer = await this.emqx.evacuation(pod).catch(() => undefined);
          return answer?.process === undefined ? [] : [`${answer.process} on ${node}`];
        }),
      ),
    ]);
    const node = (entry: Record<string, unknown>) => asString(entry.node) ?? "an unnamed node";
    const told = [
      ...(status?.rebalances ?? []).map((entry) => `rebalance on ${node(entry)}`),
      ...(status?.purges ?? []).map((entry) => `purge on ${node(entry)}`),
    ];
    return [
      ...new Set([...told, ...own.flat()]),
      ...(status?.evacuations ?? [])
        .filter((entry) => !ours.has(node(entry)))
        .map((entry) => `evacuation of ${node(entry)}`),
    ];
  }
}

/** Offline ones included; undefined when no node answered. */
const sessionsOn = (nodes: NodeObservation[]): number | undefined =>
  nodes.length === 0 ? undefined : nodes.reduce((sum, { connections = 0 }) => sum + connections, 0);

/** Asks one node after the other until one answers. */
async function firstAnswer<T>(
  nodes: NodeObservation[],
  ask: (node: NodeObservation) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const node of nodes) {
    const answer = await ask(node).catch(() => undefined);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
