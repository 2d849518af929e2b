import { EmqxError } from "../errors";
import type { EmqxClient } from "../emqx/api";
import type { KubernetesClient } from "../kubernetes/client";
import { refusedWith } from "../kubernetes/failure";
import type { Reference } from "../kubernetes/resources";
import type { Pod, Service } from "../kubernetes/shapes";
import { CONTROL_ANNOTATION, everyColour, names, oneColour } from "../labels";
import { SettingsActor } from "./act-settings";
import { askOneOf } from "./ask-one-of";
import { dashboardServiceOf, listenersServiceOf } from "./service-names";
import type { Action, HotSettings, Manifests, Role, Site } from "./types";

/** Kubernetes ends the pods with the lowest cost first when a Deployment shrinks. */
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
const GO_FIRST = "-99999";

type Scaling = Extract<Action, { do: "scaleSet" }>;
type Selection = Extract<Action, { do: "select" }>;
type Deletion = Extract<Action, { do: "deleteSet" }>;

const workloadOf = (role: Role) => (role === "core" ? "StatefulSet" : "Deployment");

/** Performs one action and decides nothing. Every action may be repeated without harm. */
export class Actor {
  private readonly settings: SettingsActor;

  constructor(
    private readonly site: Site,
    private readonly kube: KubernetesClient,
    private readonly emqx: EmqxClient,
    private readonly manifests: Manifests,
    settings: HotSettings,
  ) {
    this.settings = new SettingsActor(site, kube, emqx, manifests, settings);
  }

  async act(action: Action): Promise<void> {
    switch (action.do) {
      case "inspect":
        // Looking is `observe`'s part: the engine asks it for the facts at the next look.
        return;
      case "createSet":
        return this.createSet(action.role, action.revision, action.replicas);
      case "scaleSet":
        return this.scaleSet(action);
      case "select":
        return this.select(action);
      case "evacuate":
        return this.emqx.startEvacuation(action.pod, action.node, action);
      case "stopEvacuation":
        return this.emqx.stopEvacuation(action.pod, action.node);
      case "deleteSet":
        return this.deleteSet(action);
      case "forceLeave":
        return this.forceLeave(action.node, action.via);
      case "configure":
        return this.settings.configure(action.revisions, action.via);
      case "renewLicense":
        return this.settings.renewLicense(action.revisions, action.via);
      case "clearControl":
        return this.clearControl();
    }
  }

  /** An apply: of a set that is renewed in place it changes the template. */
  private async createSet(role: Role, revision: string, replicas: number): Promise<void> {
    const { configMap, workload } = this.manifests(role, revision, replicas);
    await this.kube.apply(configMap);
    await this.kube.apply(workload);
  }

  /** Touches nothing but the number: the template of an old set must stay what it is. */
  private async scaleSet({ role, set, replicas, victims = [] }: Scaling): Promise<void> {
    const { namespace } = this.site;
    // A StatefulSet shrinks from the top, a Deployment where it is told.
    if (role === "replicant") await this.unmark(set, victims);
    for (const name of role === "replicant" ? victims : []) {
      const ref: Reference = { kind: "Pod", namespace, name };
      await this.patchIfThere(ref, { metadata: { annotations: { [DELETION_COST]: GO_FIRST } } });
    }
    const ref: Reference = { kind: workloadOf(role), namespace, name: set };
    await this.patchIfThere(ref, { spec: { replicas } });
  }

  /** A run that ended between mark and number leaves a mark behind, on a pod that may serve again. */
  private async unmark(set: string, victims: string[]): Promise<void> {
    const { namespace, name } = this.site;
    const pods = await this.kube.list<Pod>(
      { kind: "Pod", namespace },
      { labels: everyColour(name, "replicant") },
    );
    for (const { metadata } of pods) {
      const stays = metadata.name.startsWith(`${set}-`) && !victims.includes(metadata.name);
      if (!stays || metadata.annotations?.[DELETION_COST] !== GO_FIRST) continue;
      const ref: Reference = { kind: "Pod", namespace, name: metadata.name };
      await this.patchIfThere(ref, { metadata: { annotations: { [DELETION_COST]: null } } });
    }
  }

  private async select({ role, revision, core }: Selection): Promise<void> {
    const { name } = this.site;
    const dashboard = dashboardServiceOf(this.site);
    await this.selectBy(listenersServiceOf(this.site), oneColour(name, revision, role), true);
    if (dashboard) await this.selectBy(dashboard, oneColour(name, core), false);
  }

  private async selectBy(
    service: string,
    selector: Record<string, string>,
    required: boolean,
  ): Promise<void> {
    const { namespace } = this.site;
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

  private async deleteSet({ role, set, revision }: Deletion): Promise<void> {
    const { name, namespace } = this.site;
    await this.kube.delete({ kind: workloadOf(role), namespace, name: set });
    await this.kube.delete({ kind: "ConfigMap", namespace, name: names.config(name, revision) });
  }

  /** One node that forgets it is enough; a silent one is passed over. */
  private async forceLeave(node: string, via: string[]): Promise<void> {
    await askOneOf(
      via,
      `remove ${node} from EMQX's cluster`,
      ({ code }) => code !== "EMQX_API_UNAUTHORIZED",
      (pod) => this.emqx.forceLeave(pod, node),
    );
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
