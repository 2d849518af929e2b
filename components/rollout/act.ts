import { EmqxError } from "../errors";
import type { EmqxClient } from "../emqx/client";
import type { KubernetesClient } from "../kubernetes/client";
import { refusedWith } from "../kubernetes/failure";
import type { Reference } from "../kubernetes/resources";
import type { Service } from "../kubernetes/shapes";
import { CONTROL_ANNOTATION, names, oneColour } from "../labels";
import type { Action, SetManifests, Site } from "./types";

/** Performs one action and decides nothing. Every action may be repeated without harm. */
export class Actor {
  constructor(
    private readonly site: Site,
    private readonly kube: KubernetesClient,
    private readonly emqx: EmqxClient,
    private readonly manifests: (revision: string, replicas: number) => SetManifests,
  ) {}

  async act(action: Action): Promise<void> {
    switch (action.do) {
      case "inspect":
        // Looking is `observe`'s part: the engine asks it for the facts at the next look.
        return;
      case "createSet":
        return this.createSet(action.revision, action.replicas);
      case "scaleSet":
        return this.scaleSet(action.revision, action.replicas);
      case "select":
        return this.select(action.revision);
      case "evacuate":
        return this.emqx.startEvacuation(action.pod, action.node, action);
      case "stopEvacuation":
        return this.emqx.stopEvacuation(action.pod, action.node);
      case "deleteSet":
        return this.deleteSet(action.revision);
      case "forceLeave":
        return this.forceLeave(action.node, action.via);
      case "clearControl":
        return this.clearControl();
    }
  }

  private async createSet(revision: string, replicas: number): Promise<void> {
    const { configMap, statefulSet } = this.manifests(revision, replicas);
    await this.kube.apply(configMap);
    await this.kube.apply(statefulSet);
  }

  /** Touches nothing but the number: the template of an old set must stay what it is. */
  private async scaleSet(revision: string, replicas: number): Promise<void> {
    const { name, namespace } = this.site;
    await this.patchIfThere(
      { kind: "StatefulSet", namespace, name: names.coreSet(name, revision) },
      { spec: { replicas } },
    );
  }

  private async select(revision: string): Promise<void> {
    const { name } = this.site;
    await this.selectBy(names.listeners(name), revision, true);
    await this.selectBy(names.dashboard(name), revision, false);
  }

  private async selectBy(service: string, revision: string, required: boolean): Promise<void> {
    const { name, namespace } = this.site;
    const ref = { kind: "Service", namespace, name: service } as const;
    const existing = await this.kube.get<Service>(ref);
    if (!existing) {
      if (!required) return;
      throw new EmqxError(
        "EMQX_KUBERNETES_ERROR",
        `Expected the Service ${service} in namespace ${namespace}, found none: somebody deleted it. ` +
          "Run `pulumi up --refresh`, which creates it again and goes on from here.",
      );
    }
    const selector = oneColour(name, revision);
    const applied = await this.kube.apply<Service>({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: service, namespace },
      spec: { selector },
    });
    // Keys that others wrote survive an apply, and one too many selects no pod at all.
    const foreign = Object.keys(applied.spec?.selector ?? {}).filter((key) => !(key in selector));
    if (foreign.length === 0) return;
    const removal = Object.fromEntries(foreign.map((key) => [key, null]));
    await this.kube.mergePatch(ref, { spec: { selector: removal } });
  }

  private async deleteSet(revision: string): Promise<void> {
    const { name, namespace } = this.site;
    await this.kube.delete({
      kind: "StatefulSet",
      namespace,
      name: names.coreSet(name, revision),
    });
    await this.kube.delete({ kind: "ConfigMap", namespace, name: names.config(name, revision) });
  }

  /** One node that forgets it is enough; a silent one is passed over. */
  private async forceLeave(node: string, via: string[]): Promise<void> {
    let failure = new EmqxError(
      "EMQX_API_UNREACHABLE",
      `No node is left that could be asked to remove ${node} from EMQX's cluster.`,
    );
    for (const pod of via) {
      try {
        return await this.emqx.forceLeave(pod, node);
      } catch (error) {
        if (!(error instanceof EmqxError) || error.code === "EMQX_API_UNAUTHORIZED") throw error;
        failure = error;
      }
    }
    throw failure;
  }

  private async clearControl(): Promise<void> {
    const { name, namespace } = this.site;
    await this.patchIfThere(
      { kind: "ConfigMap", namespace, name: names.rollout(name) },
      { metadata: { annotations: { [CONTROL_ANNOTATION]: null } } },
    );
  }

  /** An object that went away since it was observed is for the next look, not an error. */
  private async patchIfThere(ref: Reference, patch: unknown): Promise<void> {
    try {
      await this.kube.mergePatch(ref, patch);
    } catch (error) {
      if (!refusedWith(error, 404)) throw error;
    }
  }
}
