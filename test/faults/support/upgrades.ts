/** Upgrades of one cluster in a row, each with a fault in its course. */
import assert from "node:assert/strict";
import type { FleetProcess } from "../../../sandbox/load/process";
import type { Report } from "../../../sandbox/measure/report";
import type { PulumiResult } from "../../../sandbox/pulumi-cli";
import type { RolloutAt } from "../../e2e/support/faults";
import type { Course } from "./fault";
import { connectedTo, type Hands } from "./hands";
import { withFleet } from "./kept";

export interface Story {
  /** Phases in which the fault strikes. */
  phase: string | string[];
  /** What else must hold then. */
  and?: (rollout: RolloutAt, fleet: FleetProcess) => boolean | Promise<boolean>;
  strike: (rollout: RolloutAt, ended: () => PulumiResult | undefined) => Promise<unknown>;
  /** What has to follow before the cluster can be judged, for example a repair. */
  afterwards?: () => Promise<unknown>;
  /** The command fails and says so; the next one, with `args`, ends the upgrade. */
  fails?: { says: RegExp[]; args?: string[]; between?: () => Promise<unknown> };
}

export interface Told {
  report: Report;
  /** Of the command that the fault struck. */
  output: string;
}

export class Upgrades {
  private readonly images: string[];

  constructor(
    private readonly hands: Hands,
    /** Online and offline. */
    private readonly clients: [number, number],
    versions: string[],
  ) {
    this.images = versions.map((version) => `emqx/emqx:${version}`);
  }

  /** An upgrade to the next image; the report covers all of its commands. */
  async run({ injected, handled }: Course, story: Story): Promise<Told> {
    const { scenario } = this.hands;
    const next = this.images.shift();
    assert.ok(next, "an image is left");
    await scenario.setImage(next);
    return withFleet(scenario, this.clients, async (fleet) => {
      let struck: PulumiResult | undefined;
      const report = await scenario.measure(fleet, next, {
        perform: async () => {
          struck = await this.hands.upWith(
            story.phase,
            async (rollout, ended) => {
              injected();
              await story.strike(rollout, ended);
            },
            { and: (rollout) => story.and?.(rollout, fleet) ?? true },
          );
          await this.goOn(story, struck);
          handled();
        },
      });
      return { report, output: struck?.output ?? "" };
    });
  }

  /** A quarter of the clients are on green already. */
  readonly underWay = ({ to }: RolloutAt, fleet: FleetProcess): boolean =>
    connectedTo(fleet, "emqx", to) > this.clients[0] / 8;

  private async goOn({ fails, afterwards }: Story, result: PulumiResult): Promise<void> {
    const { code, output } = result;
    if (!fails) {
      assert.equal(code, 0, output);
      await afterwards?.();
      return;
    }
    assert.notEqual(code, 0, `expected to fail:\n${output}`);
    for (const text of fails.says) assert.match(output, text);
    await fails.between?.();
    await this.hands.scenario.stack.up(fails.args);
  }
}
