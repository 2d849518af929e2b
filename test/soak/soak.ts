import { mintLicense } from "../../sandbox/emqx/license";
import type { FleetProcess } from "../../sandbox/load/process";
import type { Scenario } from "../../sandbox/scenario";
import { Bench } from "../e2e/support/cluster";
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
    const soak = new Soak(bench, options.clients);
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
    readonly clients: number,
  ) {}

  /** A fleet of which every tenth persistent session is away, so that it can only be moved. */
  connect(): Promise<FleetProcess> {
    return this.bench.connect(this.scenario, this.clients, Math.ceil(this.clients / 5));
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

  private line(text: string): void {
    this.output.push(text);
    if (this.output.length > 50) this.output.shift();
  }
}

function specOf({ packetMegabytes }: Goal): Record<string, unknown> {
  return { config: { roots: { mqtt: { max_packet_size: `${packetMegabytes}MB` } } } };
}
