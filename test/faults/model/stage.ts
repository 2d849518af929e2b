/** A model cluster that serves clients and is about to be upgraded, for faults whose point is time. */
import type { Desired, RolloutResult, Strategy } from "../../../components/rollout/types";
import { goalFor, runOn, Store } from "../../rollout/model/bench";
import { Model } from "../../rollout/model/cluster";
import type { ModelPod } from "../../rollout/model/kubernetes";

const STRATEGY: Strategy = {
  initialDelaySeconds: 1,
  connEvictRate: 5,
  sessEvictRate: 5,
  waitTakeover: 3,
  waitHealthCheck: 0,
  progressDeadlineSeconds: 120,
  onFailure: "hold",
  gate: "none",
};

export class Stage {
  readonly store = new Store();
  /** What was told to people. */
  readonly lines: string[] = [];
  /** Milliseconds that a client is away after it was cut. */
  reconnect = 200;
  /** Milliseconds that a new pod needs to be Ready. */
  start = 1_000;
  readonly model: Model;
  private readonly watches: (() => void)[] = [];
  private random = 1;

  private constructor(private readonly strategy: Strategy) {
    this.model = new Model({
      startMilliseconds: () => this.start,
      stopMilliseconds: () => 500,
      reconnectMilliseconds: () => this.reconnect,
      pick: (below) => (this.random = (this.random * 48271) % 2147483647) % Math.max(1, below),
      disturb: () => this.watches.forEach((watch) => watch()),
    });
  }

  /** Three nodes of revision `a` with clients that keep their sessions, a tenth of them offline. */
  static async open(strategy: Partial<Strategy> = {}, clients = 150): Promise<Stage> {
    const stage = new Stage({ ...STRATEGY, ...strategy });
    await stage.up("a");
    stage.model.addClients(clients, 100, 10);
    await stage.model.sleep(2_000);
    return stage;
  }

  goal(revision: string): Desired {
    return goalFor(this.strategy, revision, 3);
  }

  up(revision: string): Promise<RolloutResult> {
    return runOn(this.model, this.store, this.goal(revision), this.lines);
  }

  pods(revision: string): ModelPod[] {
    return this.model.pods.filter((pod) => pod.revision === revision);
  }

  /** Clients that are connected to the nodes of a revision. */
  on(revision: string): number {
    const nodes = new Set(this.pods(revision).map(({ node }) => node));
    return this.model.clients.filter(({ node }) => node !== null && nodes.has(node)).length;
  }

  /** Clients that were cut and are not back. */
  get away(): number {
    return this.model.clients.filter(({ node, disconnects }) => node === null && disconnects > 0)
      .length;
  }

  /** Sessions that were destroyed. */
  get lost(): number {
    return this.model.clients.filter((client) => client.lost).length;
  }

  /** Strikes once, at the first look or write of the engine at which it holds. */
  when(holds: () => boolean, strike: () => void): void {
    let struck = false;
    this.watches.push(() => {
      if (struck || !holds()) return;
      struck = true;
      strike();
    });
  }

  /** Strikes when the drain to `b` is under way: so many of its clients have arrived. */
  whenDraining(strike: () => void, arrived = 10): void {
    this.when(() => this.on("b") > arrived, strike);
  }

  /** Everything is on the new revision, nothing is left over and nothing was lost. */
  get settledOn(): (revision: string) => boolean {
    return (revision) =>
      this.lost === 0 &&
      this.model.violations.length === 0 &&
      this.model.sets.length === 1 &&
      this.model.sets[0]?.revision === revision &&
      this.model.pods.every(({ state }) => state === "disabled");
  }
}
