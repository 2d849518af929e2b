/** One cluster on a sandbox that is upgraded again and again, each time with a fault in the middle. */
import { setTimeout as sleep } from "node:timers/promises";
import type { FleetOptions } from "../../../sandbox/load/options";
import type { FleetProcess } from "../../../sandbox/load/process";
import type { Report } from "../../../sandbox/measure/report";
import type { Pod } from "../../../sandbox/node-agent/kube/types";
import type { PulumiResult } from "../../../sandbox/pulumi-cli";
import type { Scenario, ScenarioOptions } from "../../../sandbox/scenario";
import { Bench } from "../../e2e/support/cluster";
import { rolloutOf, type RolloutAt } from "../../e2e/support/faults";
import { EmqxFaults, notOfRevision, ofRevision, type Which } from "./emqx-faults";

/** What a fault gets to work with. */
export interface Scene extends RolloutAt {
  fleet: FleetProcess;
  /** Nodes that leave and nodes that stay. */
  blue: Which;
  green: Which;
}

export interface Course {
  /** Called once the record shows the phase and `when` holds. */
  phase: string;
  when?: (scene: Scene) => boolean | Promise<boolean>;
  strike: (scene: Scene, up: { output(): string; ended(): boolean }) => Promise<void>;
  clients?: number;
  offline?: number;
  fleet?: Partial<FleetOptions>;
  /** What is done after the first `pulumi up` has failed, for example the user's remedy and another one. */
  afterwards?: (result: PulumiResult) => Promise<void>;
}

export class EmqxBed {
  readonly faults: EmqxFaults;
  private upgrades = 0;

  static async open(stack: string, options: Partial<ScenarioOptions> = {}): Promise<EmqxBed> {
    const bench = await Bench.open();
    try {
      const lines: string[] = [];
      const scenario = await bench.scenario(stack, {
        image: "emqx/emqx:6.0.0",
        onLine: (line) => void lines.push(line),
        ...options,
      });
      await scenario.stack.up();
      return new EmqxBed(bench, scenario, lines);
    } catch (error) {
      await bench.close();
      throw error;
    }
  }

  private constructor(
    readonly bench: Bench,
    readonly scenario: Scenario,
    /** What Pulumi has printed since the last upgrade began. */
    private readonly lines: string[],
  ) {
    this.faults = new EmqxFaults(bench, scenario);
  }

  close(): Promise<void> {
    return this.bench.close();
  }

  /** The release that the next upgrade goes to. */
  private nextImage(): string {
    this.upgrades += 1;
    return `emqx/emqx:6.${this.upgrades % 2}.${this.upgrades}`;
  }

  /** Upgrades once under load, strikes, and takes all switches back. */
  async upgrade(course: Course): Promise<{ report: Report; result: PulumiResult }> {
    const { scenario } = this;
    const image = this.nextImage();
    await scenario.setImage(image);
    const fleet = await scenario.connect({
      clients: course.clients ?? 90,
      offline: course.offline ?? 12,
      // A fault takes its time, and the queue of a client that is away ends at 1000 messages.
      messagesPerSecond: 30,
      ...course.fleet,
    });
    let result: PulumiResult | undefined;
    try {
      const report = await scenario.measure(fleet, image, {
        perform: async () => {
          this.lines.length = 0;
          const run = scenario.stack.startUp();
          const end = run.result.then((ended) => (result = ended));
          const scene = await this.reach(course, fleet, () => result);
          await course.strike(scene, {
            output: () => this.lines.join("\n"),
            ended: () => result !== undefined,
          });
          const { output } = await end;
          if (result && course.afterwards) await course.afterwards(result);
          else if (result?.code !== 0) {
            throw new Error(`Expected \`pulumi up\` to succeed:\n${output}`);
          }
        },
      });
      if (!result) throw new Error("Expected that `pulumi up` has ended.");
      return { report, result };
    } finally {
      await this.faults.clear();
      await fleet.stop();
    }
  }

  /** The pods that leave, in the order of their names. */
  async blue(scene: Scene): Promise<Pod[]> {
    const pods = await this.faults.pods(scene.blue);
    return pods.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  }

  /** A node's own word about its evacuation. */
  async stateOf(pod: Pod): Promise<string> {
    const { watched } = this.scenario;
    const body = await this.bench.emqx(watched, pod, "/load_rebalance/status");
    const { status, state } = body as { status: string; state?: string };
    return state ?? status;
  }

  private async reach(
    { phase, when }: Course,
    fleet: FleetProcess,
    ended: () => PulumiResult | undefined,
  ): Promise<Scene> {
    for (;;) {
      const at = await rolloutOf(this.bench.api, this.scenario);
      if (at) {
        const core = at.to.split("/")[0] ?? "";
        const scene = { ...at, fleet, blue: notOfRevision(core), green: ofRevision(core) };
        if (at.phase === phase && ((await when?.(scene)) ?? true)) return scene;
      }
      const result = ended();
      if (result) throw new Error(`\`pulumi up\` ended before ${phase}:\n${result.output}`);
      await sleep(20);
    }
  }
}

/** Clients on the nodes of `revision`, as the fleet itself counts them. */
export function onRevision({ fleet }: Scene, revision: string): number {
  const { sample, pods } = fleet.latest() ?? { sample: { byPod: [] }, pods: [] };
  return pods
    .map((pod, index) => (pod.includes(`-${revision}-`) ? (sample.byPod[index] ?? 0) : 0))
    .reduce((sum, count) => sum + count, 0);
}
