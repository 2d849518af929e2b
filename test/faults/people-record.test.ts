import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { KubeObject } from "../../sandbox/node-agent/kube/types";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually } from "../e2e/support/cluster";
import { rolloutOf, upKilledDuring } from "../e2e/support/faults";
import { fault, type Course } from "./support/fault";
import { Hands } from "./support/hands";
import { assertKept, withFleet } from "./support/kept";
import { Upgrades } from "./support/upgrades";

// What people do to what an upgrade remembers: its record and its Lease, with and without its run.
const RECORD = "emqx-rollout";
const CONTROL = "emqx.io/rollout-control";
let bench: Bench;
let scenario: Scenario;
let hands: Hands;
let upgrades: Upgrades;

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("people-record", {
    connEvictRate: 10,
    sessEvictRate: 50,
    spec: { updateStrategy: { progressDeadlineSeconds: 60 } },
  });
  hands = new Hands(bench, scenario);
  upgrades = new Upgrades(hands, [80, 20], ["6.0.2", "6.0.3", "6.1.0", "6.1.1", "6.2.0"]);
  await scenario.stack.up();
});
after(() => bench?.close());

for (const [when, phase] of [
  ["before", "WaitGreen"],
  ["after", "Evacuate"],
] as const) {
  fault(
    {
      id: `people-record-deleted-${when}`,
      title: `a record that somebody deletes ${when} the switch is written again by the run`,
      deadlineSeconds: 300,
    },
    async (course) => {
      const { report } = await upgrades.run(course, {
        phase,
        and: phase === "Evacuate" ? upgrades.underWay : undefined,
        strike: () => hands.remove("configmaps", RECORD),
      });
      assertKept(report);
      const record = await hands.get<KubeObject & { data: Record<string, string> }>(
        "configmaps",
        RECORD,
      );
      assert.match(record.data["record.json"] ?? "", /"phase": "Done"/);
    },
  );
}

fault(
  {
    id: "people-lease-deleted",
    title: "a Lease that somebody deletes is made again by the run that holds it, which goes on",
    deadlineSeconds: 300,
  },
  async (course) => {
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async () => {
        const holder = await holderOf();
        await hands.remove("leases", RECORD);
        assert.equal(await eventually(holderOf, (again) => again === holder, 20), holder);
      },
    });
    assertKept(report);
  },
);

fault(
  {
    id: "people-control-nonsense",
    title: "an annotation that says nothing we know is told and ignored",
    deadlineSeconds: 300,
  },
  async (course) => {
    const { report, output } = await upgrades.run(course, {
      phase: ["CreateGreen", "WaitGreen"],
      strike: () =>
        hands.patch("configmaps", RECORD, { metadata: { annotations: { [CONTROL]: "hurry" } } }),
    });
    assertKept(report);
    assert.match(
      output,
      /Expected annotation emqx\.io\/rollout-control to be one of pause, .*, got `hurry`: it is ignored/,
    );
    await hands.patch("configmaps", RECORD, { metadata: { annotations: { [CONTROL]: null } } });
  },
);

async function holderOf(): Promise<string | undefined> {
  type Lease = KubeObject & { spec?: { holderIdentity?: string } };
  return (await hands.find<Lease>("leases", RECORD))?.spec?.holderIdentity;
}

/** The run is killed in a phase, then somebody lays hands on the record; the next runs end it. */
async function afterKill(
  { injected, handled }: Course,
  phase: string,
  image: string,
  act: () => Promise<unknown>,
): Promise<void> {
  await scenario.setImage(image);
  await withFleet(scenario, [80, 20], async (fleet) => {
    const report = await scenario.measure(fleet, image, {
      perform: async () => {
        await upKilledDuring(bench, scenario, phase, (rollout) =>
          phase === "Evacuate" ? upgrades.underWay(rollout, fleet) : true,
        );
        injected();
        await scenario.stack.cancel();
        await act();
        await scenario.stack.up();
        handled();
      },
    });
    assertKept(report);
    assert.equal(await rolloutOf(bench.api, scenario), undefined, "no rollout is under way");
  });
}

fault(
  {
    id: "people-record-deleted-before-killed",
    title: "without run and record, before the switch, the next run begins where the cluster is",
    deadlineSeconds: 300,
  },
  (course) =>
    afterKill(course, "WaitGreen", "emqx/emqx:6.2.1", () => hands.remove("configmaps", RECORD)),
);

fault(
  {
    id: "people-record-deleted-after-killed",
    title: "without run and record, in the middle of the evacuation, the next run goes on with it",
    deadlineSeconds: 300,
  },
  (course) =>
    afterKill(course, "Evacuate", "emqx/emqx:6.3.0", () => hands.remove("configmaps", RECORD)),
);

fault(
  {
    id: "people-record-edited",
    title: "a record that is no record any more stops the next run, which says how to go on",
    deadlineSeconds: 300,
  },
  (course) =>
    afterKill(course, "Evacuate", "emqx/emqx:6.3.1", async () => {
      await hands.patch("configmaps", RECORD, { data: { "record.json": "{ nonsense" } });
      const { code, output } = await scenario.stack.startUp().result;
      assert.notEqual(code, 0, output);
      assert.match(output, /EMQX_RECORD_INVALID/);
      assert.match(output, /delete the ConfigMap/);
      await hands.remove("configmaps", RECORD);
      const gone = await eventually(
        () => hands.find("configmaps", RECORD),
        (map) => map === undefined,
        10,
      );
      assert.equal(gone, undefined);
    }),
);
