/** The changes that the resume matrix is made of: between them they get to every failpoint. */
import { mintLicense } from "../../../sandbox/emqx/license";
import type { ClusterNode } from "../../../sandbox/measure/emqx-api";
import { MERGE_PATCH } from "../../../sandbox/node-agent/kube/client";
import type { Scenario } from "../../../sandbox/scenario";
import { isReady, type Bench } from "../../e2e/support/cluster";
import type { Places } from "./matrix";

export const IMAGES = ["emqx/emqx:6.0.1", "emqx/emqx:6.0.2"] as const;
/** Two small nodes that are drained in a second or two. */
export const QUICK = {
  image: IMAGES[0],
  replicas: 1,
  connEvictRate: 40,
  sessEvictRate: 40,
  initialDelaySeconds: 0,
  waitTakeover: 1,
};
// Few messages: a queue of an offline session holds 1000, and on a slow machine a cell takes minutes.
export const FLEET = { clients: 40, offline: 4, messagesPerSecond: 10 };
const SIZES = ["2MB", "3MB"] as const;
const LICENSES = [1_000, 2_000].map((maxSessions) =>
  mintLicense({ maxSessions, expiresInDays: 365 }),
);

/** What each change does, in the places' own order. */
export const PLACES = {
  create: ["saveRecord", "createSet", "select"],
  destroy: [
    "deleteDeployments",
    "deleteStatefulSets",
    "waitForPods",
    "deleteConfigMaps",
    "deleteVolumes",
    "deleteLease",
  ],
  upgrade: [
    "acquireFence",
    "saveRecord",
    "inspect",
    "createSet",
    "select",
    "evacuate",
    "scaleSet",
    "deleteSet",
    "forceLeave",
    "releaseFence",
  ],
  promote: ["clearControl"],
  grow: ["scaleSet"],
  shrink: ["evacuate", "scaleSet"],
  settings: ["configure"],
  license: ["renewLicense"],
  evacuated: ["stopEvacuation"],
} as const satisfies Places;

export type Change = keyof typeof PLACES;

/** The state of the one cluster that is changed back and forth. */
export class Subject {
  private image = 0;
  private size = 0;
  private license = 0;
  private replicants = 1;

  constructor(
    private readonly bench: Bench,
    readonly scenario: Scenario,
  ) {}

  /** What the settings are by now; an undisturbed run to the same ones ends in the same state. */
  get key(): string {
    const { image, size, license, replicants } = this;
    return JSON.stringify({ image, size, license, replicants });
  }

  /** The key that it will have after a change. */
  keyAfter(change: Change): string {
    const { image, size, license, replicants } = this;
    return JSON.stringify({
      image: change === "upgrade" || change === "promote" ? 1 - image : image,
      size: change === "settings" || change === "evacuated" ? 1 - size : size,
      license: change === "license" ? 1 - license : license,
      replicants: change === "grow" ? 2 : change === "shrink" ? 1 : replicants,
    });
  }

  get imageName(): string {
    return IMAGES[this.image] ?? "";
  }

  /** Sets what the change begins from; true when a `pulumi up` has to follow. */
  async prepare(change: Change): Promise<boolean> {
    const from = change === "grow" ? 1 : change === "shrink" ? 2 : this.replicants;
    if (from === this.replicants) return false;
    await this.scale(from);
    return true;
  }

  /** Changes the settings; the next `pulumi up` puts them into force. */
  async change(change: Change): Promise<void> {
    const { stack } = this.scenario;
    switch (change) {
      case "promote":
      case "upgrade":
        this.image = 1 - this.image;
        await this.scenario.setImage(this.imageName);
        if (change === "promote") await this.annotate("promote");
        return;
      case "grow":
        return this.scale(2);
      case "shrink":
        return this.scale(1);
      case "settings":
      case "evacuated":
        this.size = 1 - this.size;
        await this.scenario.setSpec({
          config: { roots: { mqtt: { max_packet_size: SIZES[this.size] } } },
        });
        if (change === "evacuated") await this.evacuateOne();
        return;
      case "license":
        this.license = 1 - this.license;
        return stack.setSecret("license", LICENSES[this.license] ?? "");
      default:
        throw new Error(`Expected a change of a cluster that is there, got ${change}.`);
    }
  }

  /** Settings that every key names, as `change` would write them. */
  async begin(): Promise<void> {
    await this.scenario.setSpec({ config: { roots: { mqtt: { max_packet_size: SIZES[0] } } } });
    await this.scenario.stack.setSecret("license", LICENSES[0] ?? "");
  }

  private async scale(replicants: number): Promise<void> {
    this.replicants = replicants;
    await this.scenario.scale({ replicants });
  }

  private async annotate(control: string): Promise<void> {
    const { namespace, cluster } = this.scenario.watched;
    await this.bench.api.patch(
      `/api/v1/namespaces/${namespace}/configmaps/${cluster}-rollout`,
      { metadata: { annotations: { "emqx.io/rollout-control": control } } },
      MERGE_PATCH,
    );
  }

  /** Somebody else's evacuation on a node that stays; it waits long before it touches a client. */
  private async evacuateOne(): Promise<void> {
    const { watched } = this.scenario;
    const pod = (await this.bench.pods(watched)).find(
      (each) => isReady(each) && each.metadata.labels?.["app.kubernetes.io/component"] === "core",
    );
    if (!pod) throw new Error("Expected a core that is ready, found none.");
    const nodes = (await this.bench.emqx(watched, pod, "/nodes")) as ClusterNode[];
    const node = nodes.find((each) => each.node.includes(pod.metadata.name))?.node ?? "";
    await this.bench.emqx(watched, pod, `/load_rebalance/${node}/evacuation/start`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ wait_health_check: 600, conn_evict_rate: 1, sess_evict_rate: 1 }),
    });
  }
}
