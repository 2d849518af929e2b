import { mintLicense } from "../../sandbox/emqx/license";
import type { FleetProcess } from "../../sandbox/load/process";
import type { Scenario } from "../../sandbox/scenario";
import type { KubeProxy } from "../../sandbox/faults/kube-proxy";
import { Bench } from "../e2e/support/cluster";
import { startKubeProxy } from "../faults/support/kube-faults";
import type { Goal } from "./step";
import { START } from "./walk";

/** Evicted per second, so that a node with its share of the clients takes some seconds. */
export const RATE = 20;

export const PACE = {
  connEvictRate: RATE,
  sessEvictRate: RATE,
  initialDelaySeconds: 1,
  waitTakeover: 2,
};

/**
 * Messages per second: few, since EMQX keeps 1,000 for a client that is away (`max_mqueue_len`), and
 * a step may take many minutes on a busy machine.
 */
const MESSAGES = 15;

/** Something that must never happen has happened. */
export class Broken extends Error {
  constructor(readonly lines: string[]) {
    super(lines.join("\n"));
  }
}

/** The cluster that is walked on, and the people and machines around it. */
export class Soak {
  /** The newest lines of Pulumi's output. */
  readonly output: string[] = [];
  private wanted = START;

  static async open(options: { clients: number; project?: string }): Promise<Soak> {
    const bench = await Bench.open();
    // Only what Pulumi starts goes through it.
    const proxy = await startKubeProxy(bench);
    const soak = new Soak(bench, proxy, options.clients);
    soak.scenario = await bench.scenario("soak", {
      ...PACE,
      image: START.image,
      replicas: START.cores,
      replicants: START.replicants,
      spec: specOf(START),
      licensedSessions: START.licensed,
      project: options.project,
      onCommand: (command) => soak.line(`$ ${command}`),
      onLine: (line) => soak.line(line),
    });
    return soak;
  }

  scenario!: Scenario;

  private constructor(
    readonly bench: Bench,
    readonly proxy: KubeProxy,
    readonly clients: number,
  ) {}

  /** Clients, and a fifth as many sessions whose clients are away, so that only EMQX can move them. */
  connect(): Promise<FleetProcess> {
    const { clients, scenario } = this;
    const offline = Math.ceil(clients / 5);
    return scenario.connect({ clients, offline, messagesPerSecond: MESSAGES });
  }

  /** Writes the stack's settings; nothing happens before the next `pulumi up`. */
  async want(goal: Goal): Promise<void> {
    const { scenario, wanted } = this;
    if (goal.image !== wanted.image) await scenario.setImage(goal.image);
    if (goal.cores !== wanted.cores) await scenario.scale({ replicas: goal.cores });
    if (goal.replicants !== wanted.replicants) {
      await scenario.scale({ replicants: goal.replicants });
    }
    if (goal.packetMegabytes !== wanted.packetMegabytes) await scenario.setSpec(specOf(goal));
    if (goal.licensed !== wanted.licensed) {
      const license = mintLicense({ maxSessions: goal.licensed, expiresInDays: 365 });
      await scenario.stack.setSecret("license", license);
    }
    this.wanted = goal;
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.bench.close();
  }

  private line(text: string): void {
    this.output.push(text);
    if (this.output.length > 1000) this.output.shift();
  }
}

function specOf({ packetMegabytes }: Goal): Record<string, unknown> {
  return { config: { roots: { mqtt: { max_packet_size: `${packetMegabytes}MB` } } } };
}
