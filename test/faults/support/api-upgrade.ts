/** Upgrades under load whose API server misbehaves for Pulumi alone. */
import assert from "node:assert/strict";
import type { Rule } from "../../../sandbox/faults/kube-fault";
import type { KubeProxy } from "../../../sandbox/faults/kube-proxy";
import type { Report } from "../../../sandbox/measure/report";
import type { PulumiResult } from "../../../sandbox/pulumi-cli";
import type { Scenario } from "../../../sandbox/scenario";
import { Bench, eventually } from "../../e2e/support/cluster";
import { brokenInvariants, rolloutOf } from "../../e2e/support/faults";
import { assertGraceful } from "../../e2e/support/graceful";
import type { Course } from "./fault";
import { startKubeProxy } from "./kube-faults";

const CLIENTS = 90;
const OFFLINE = 9;
/** On a busy machine an outage takes minutes, and a session whose client is away keeps 1000 messages. */
const MESSAGES_PER_SECOND = 20;
const IMAGES = ["emqx/emqx:6.0.1", "emqx/emqx:6.0.2"] as const;

/** A deployed cluster behind a proxy, upgraded to and fro. */
export class ApiBench {
  private upgrades = 0;

  /** Deploys the cluster; `spec` are further arguments of the component. */
  static async open(stack: string, spec: Record<string, unknown> = {}): Promise<ApiBench> {
    const bench = await Bench.open();
    try {
      const proxy = await startKubeProxy(bench);
      const scenario = await bench.scenario(stack, { image: IMAGES[0], spec });
      await scenario.setSpec(spec);
      await scenario.stack.up();
      return new ApiBench(bench, proxy, scenario);
    } catch (error) {
      await bench.close();
      throw error;
    }
  }

  private constructor(
    readonly bench: Bench,
    readonly proxy: KubeProxy,
    readonly scenario: Scenario,
  ) {}

  async close(): Promise<void> {
    await this.proxy.close();
    await this.bench.close();
  }

  /** Waits until the record of the rollout under way shows the phase. */
  async reached(phase: string, seconds = 300, scenario = this.scenario): Promise<void> {
    const rollout = await eventually(
      () => rolloutOf(this.bench.api, scenario),
      (answer) => answer?.phase === phase,
      seconds,
    );
    assert.equal(rollout?.phase, phase);
  }

  /**
   * One upgrade under load. `perform` gets the started `pulumi up`, brings the fault about and
   * returns when all is over; nobody may have lost anything by then.
   */
  async upgrade(perform: (result: Promise<PulumiResult>) => Promise<unknown>): Promise<Report> {
    const { proxy, scenario } = this;
    const image = IMAGES[(this.upgrades += 1) % IMAGES.length] ?? IMAGES[0];
    await scenario.setImage(image);
    const fleet = await scenario.connect({
      clients: CLIENTS,
      offline: OFFLINE,
      messagesPerSecond: MESSAGES_PER_SECOND,
    });
    try {
      proxy.forget();
      const report = await scenario.measure(fleet, image, {
        perform: async () => {
          const { result } = scenario.stack.startUp();
          try {
            await perform(result);
          } finally {
            proxy.heal();
            await proxy.accept();
            await result;
          }
        },
      });
      assertGraceful(report, brokenInvariants(report));
      return report;
    } finally {
      await fleet.stop();
    }
  }

  /**
   * An upgrade that the same `pulumi up` finishes although something strikes: `begun` resolves when
   * it is time, `strike` does it and returns when it is over.
   */
  async survives(
    { injected, handled }: Course,
    begun: () => Promise<void>,
    strike: () => unknown = () => undefined,
  ): Promise<PulumiResult> {
    let ended: PulumiResult | undefined;
    await this.upgrade(async (result) => {
      await Promise.race([begun(), result]);
      injected();
      await strike();
      ended = await result;
      handled();
      assert.equal(ended.code, 0, ended.output);
    });
    assert.ok(ended);
    return ended;
  }

  /** Resolves when one of the faults has struck. */
  async struck(rules: Rule[]): Promise<void> {
    await eventually(
      () => Promise.resolve(rules.some((rule) => rule.struck > 0)),
      (one) => one,
      300,
    );
  }
}
