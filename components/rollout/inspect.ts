import type { EmqxClient } from "../emqx/api";
import { asString } from "../emqx/read";
import type { KubernetesClient } from "../kubernetes/client";
import { UPGRADE_RIGHTS } from "./rights";
import type { NodeObservation, PreflightFacts, Site } from "./types";

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
      Promise.all(running.map((node) => this.hasEvacuationApi(node))),
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

  /** Only a clear 404 says no: a busy node answers late, and nothing is drained without a status. */
  private async hasEvacuationApi(node: NodeObservation): Promise<boolean> {
    try {
      return (await this.emqx.evacuation(node.pod)).state !== "unsupported";
    } catch {
      return true;
    }
  }

  private async foreignRebalances(
    nodes: NodeObservation[],
    running: NodeObservation[],
  ): Promise<string[]> {
    const ours = new Set(nodes.map((node) => node.node));
    const status = await firstAnswer(running, (node) => this.emqx.globalStatus(node.pod));
    const node = (entry: Record<string, unknown>) => asString(entry.node) ?? "an unnamed node";
    return [
      ...(status?.rebalances ?? []).map((entry) => `rebalance on ${node(entry)}`),
      ...(status?.purges ?? []).map((entry) => `purge on ${node(entry)}`),
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
