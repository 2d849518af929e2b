import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { KubeObject } from "../../sandbox/node-agent/kube/types";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, eventually } from "../e2e/support/cluster";
import { fault } from "./support/fault";
import { Hands } from "./support/hands";
import { assertKept } from "./support/kept";
import { Upgrades } from "./support/upgrades";

// What people do to the Service, of which an upgrade owns the selector, in the middle of one.
const SERVICE = "emqx-listeners";
const REVISION = "emqx.io/revision";
let bench: Bench;
let scenario: Scenario;
let hands: Hands;
let upgrades: Upgrades;

interface Service extends KubeObject {
  spec: { selector?: Record<string, string>; clusterIP?: string; clusterIPs?: string[] };
}

before(async () => {
  bench = await Bench.open();
  scenario = await bench.scenario("people-service", {
    connEvictRate: 10,
    sessEvictRate: 50,
    spec: { updateStrategy: { progressDeadlineSeconds: 60 } },
  });
  hands = new Hands(bench, scenario);
  upgrades = new Upgrades(hands, [80, 20], ["6.0.2", "6.0.3", "6.1.0", "6.1.1", "6.2.0", "6.2.1"]);
  await scenario.stack.up();
});
after(() => bench?.close());

const selector = async () => (await hands.get<Service>("services", SERVICE)).spec.selector ?? {};

const select = (keys: Record<string, string | null>) =>
  hands.patch("services", SERVICE, { spec: { selector: keys } });

/** Waits until the Service leads to a revision by exactly the keys that it had. */
async function healed(to: string, keys: string[], seconds = 10): Promise<void> {
  const last = await eventually(
    selector,
    (seen) => seen[REVISION] === to && Object.keys(seen).length === keys.length,
    seconds,
  );
  assert.deepEqual([last[REVISION], Object.keys(last).sort()], [to, [...keys].sort()]);
}

fault(
  {
    id: "people-service-selector-before",
    title: "a selector that somebody broke before the switch is written anew by the switch",
    deadlineSeconds: 300,
  },
  async (course) => {
    const keys = Object.keys(await selector());
    const { report } = await upgrades.run(course, {
      phase: "WaitGreen",
      strike: () => select({ [REVISION]: "nobody" }),
    });
    assertKept(report);
    await healed((await bench.sets(scenario.watched))[0]?.metadata.labels?.[REVISION] ?? "", keys);
  },
);

fault(
  {
    id: "people-service-selector-after",
    title: "a selector that somebody turns back to blue is turned again within seconds",
    deadlineSeconds: 300,
  },
  async (course) => {
    const keys = Object.keys(await selector());
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async ({ from, to }) => {
        await select({ [REVISION]: from });
        await healed(to, keys);
      },
    });
    // Whoever came in those seconds was on blue once more.
    assertKept(report, { cuts: 2 });
  },
);

fault(
  {
    id: "people-service-foreign-key",
    title: "a key that somebody adds to the selector, so that it selects nobody, is taken out",
    deadlineSeconds: 300,
  },
  async (course) => {
    const keys = Object.keys(await selector());
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async ({ to }) => {
        await select({ "example.com/colour": "teal" });
        await healed(to, keys);
      },
    });
    assertKept(report);
  },
);

fault(
  {
    id: "people-service-replaced",
    title: "a Service that was deleted and made anew with blue's selector leads to green again",
    deadlineSeconds: 300,
  },
  async (course) => {
    const { spec, metadata } = await hands.get<Service>("services", SERVICE);
    const keys = Object.keys(spec.selector ?? {});
    const { report } = await upgrades.run(course, {
      phase: "Evacuate",
      and: upgrades.underWay,
      strike: async ({ to }) => {
        await hands.remove("services", SERVICE);
        await hands.create("services", {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name: SERVICE, labels: metadata.labels },
          spec: { ...spec, clusterIP: undefined, clusterIPs: undefined },
        });
        await healed(to, keys);
      },
    });
    assertKept(report, { cuts: 2 });
    await scenario.stack.up(["--refresh"]);
    await healed((await bench.sets(scenario.watched))[0]?.metadata.labels?.[REVISION] ?? "", keys);
  },
);

for (const phase of ["WaitGreen", "Evacuate"]) {
  const when = phase === "WaitGreen" ? "before" : "after";
  fault(
    {
      id: `people-service-deleted-${when}`,
      title: `without its Service (deleted ${when} the switch) an upgrade stops and says so; with --refresh it goes on`,
      deadlineSeconds: 300,
    },
    async (course) => {
      const { report } = await upgrades.run(course, {
        phase,
        and: phase === "Evacuate" ? upgrades.underWay : undefined,
        strike: () => hands.remove("services", SERVICE),
        fails: {
          says: [/found none: somebody deleted it/, /pulumi up --refresh/],
          args: ["--refresh"],
        },
      });
      assertKept(report, { cuts: 2 });
    },
  );
}
