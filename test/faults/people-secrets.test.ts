import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { Secret } from "../../sandbox/node-agent/kube/types";
import type { Scenario } from "../../sandbox/scenario";
import { Bench } from "../e2e/support/cluster";
import type { RolloutAt } from "../e2e/support/faults";
import { fault } from "./support/fault";
import { Hands } from "./support/hands";
import { assertKept } from "./support/kept";
import { Upgrades } from "./support/upgrades";

// What people do to the Secrets that nodes and upgrades read.
const API_KEY = "emqx-bootstrap-api-key";
const COOKIE = "emqx-node-cookie";
let bench: Bench;
let scenario: Scenario;
let hands: Hands;
let upgrades: Upgrades;

before(async () => {
  process.env.SANDBOX_BACKOFF_MS = "2000";
  bench = await Bench.open();
  scenario = await bench.scenario("people-secrets", {
    connEvictRate: 10,
    sessEvictRate: 50,
    spec: { updateStrategy: { progressDeadlineSeconds: 25 } },
  });
  hands = new Hands(bench, scenario);
  upgrades = new Upgrades(hands, [80, 20], ["6.0.2", "6.0.3", "6.1.0", "6.1.1"]);
  await scenario.stack.up();
});
after(() => bench?.close());

const dataOf = async (name: string) => (await hands.get<Secret>("secrets", name)).data ?? {};

const edit = (name: string, key: string, text: string) =>
  hands.patch("secrets", name, { data: { [key]: Buffer.from(text).toString("base64") } });

/** A green pod that starts after the Secret was changed. */
async function renewOne({ to }: RolloutAt): Promise<void> {
  const pod = (await hands.podsOf(to)).at(-1);
  if (pod) await hands.remove("pods", pod.metadata.name, { gracePeriodSeconds: 0 });
}

for (const [how, act] of [
  [
    "edited",
    () => edit(API_KEY, "bootstrap_api_key", "pulumi-emqx:somebody-elses:administrator\n"),
  ],
  ["deleted", () => hands.remove("secrets", API_KEY)],
] as const) {
  fault(
    {
      id: `people-api-key-${how}`,
      title: `the key of a run stays good when its Secret is ${how}; \`pulumi up --refresh\` puts it right`,
      deadlineSeconds: 300,
    },
    async (course) => {
      const data = await dataOf(API_KEY);
      const { report } = await upgrades.run(course, {
        phase: "Evacuate",
        and: upgrades.underWay,
        strike: act,
        // The measurement asks the nodes with the key of the Secret.
        afterwards: () => scenario.stack.up(["--refresh"]),
      });
      assertKept(report);
      assert.deepEqual(await dataOf(API_KEY), data);
    },
  );
}

for (const [how, act, says] of [
  ["edited", () => edit(COOKIE, "node_cookie", "somebody-elses"), /\d\/3 green nodes ready/],
  [
    "deleted",
    () => hands.remove("secrets", COOKIE),
    /CreateContainerConfigError.*secret "emqx-node-cookie" not found/,
  ],
] as const) {
  fault(
    {
      id: `people-cookie-${how}`,
      title: `green that starts with a cookie Secret that was ${how} turns back; blue is not touched`,
      deadlineSeconds: 300,
    },
    async (course) => {
      const data = await dataOf(COOKIE);
      let blue: [string, string][] = [];
      const { report } = await upgrades.run(course, {
        phase: "WaitGreen",
        strike: async (rollout) => {
          const pods = await hands.podsOf(rollout.from);
          blue = pods.map(({ metadata }) => [metadata.name, metadata.uid]);
          await act();
          await renewOne(rollout);
        },
        fails: {
          says: [/EMQX_PROGRESS_DEADLINE/, says],
          args: ["--refresh"],
          between: async () => {
            const uids = await hands.uids();
            for (const [name, uid] of blue) assert.equal(uids[name], uid, name);
          },
        },
      });
      assertKept(report);
      assert.deepEqual(await dataOf(COOKIE), data);
    },
  );
}
