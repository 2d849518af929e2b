import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { mintLicense } from "../../sandbox/emqx/license";
import { brokenInvariants } from "../e2e/support/faults";
import { assertGraceful } from "../e2e/support/graceful";
import { EmqxBed, onRevision, type Scene } from "./support/emqx-bed";
import { everyPod } from "./support/emqx-faults";
import { fault } from "./support/fault";

// Clients that do not do what they should, or cannot.
const license = (expiresInDays: number): string =>
  mintLicense({ maxSessions: 100_000, expiresInDays, type: "trial" });
let bed: EmqxBed;
before(async () => {
  bed = await EmqxBed.open("emqx-clients", {
    connEvictRate: 10,
    secrets: { license: license(30) },
  });
});
after(() => bed?.close());

const begun = (scene: Scene): boolean => onRevision(scene, scene.to) > 10;
const HELD = /Evacuation held/;
/** At ten a second the drain takes half a minute: who has not come back is told after ten seconds. */
const CLIENTS = 300;

async function until(good: () => boolean, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!good() && Date.now() < deadline) await sleep(250);
}

fault(
  {
    id: "emqx-clients-late",
    title:
      "while evicted clients stay away nobody else is evicted, and it goes on when they are back",
    deadlineSeconds: 300,
  },
  async ({ injected, handled }) => {
    injected();
    const { report, result } = await bed.upgrade({
      phase: "Evacuate",
      clients: CLIENTS,
      fleet: { reconnectDelay: [20_000, 25_000] },
      strike: () => Promise.resolve(),
    });
    handled();
    assert.match(result.output, HELD);
    const { sessionsLost, qos1Lost, maxDisconnectsPerClient, evacuationsLeft } = report;
    assert.deepEqual([sessionsLost, qos1Lost, maxDisconnectsPerClient], [0, 0, 1]);
    assert.deepEqual(evacuationsLeft, []);
  },
);

fault(
  {
    id: "emqx-reconnect-storm",
    title: "a whole node lost and its clients back at once: green takes them and the drain goes on",
    deadlineSeconds: 240,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      fleet: { reconnectDelay: [0, 0] },
      strike: async (scene) => {
        const [lost] = await bed.blue(scene);
        injected();
        bed.faults.kill(lost?.metadata.name ?? "");
      },
    });
    handled();
    const { blueObjectsLeft, evacuationsLeft, newConnectionsToBlueAfterSwitch } = report;
    assert.deepEqual([blueObjectsLeft, evacuationsLeft], [[], []]);
    assert.equal(newConnectionsToBlueAfterSwitch, 0);
  },
);

fault(
  {
    id: "emqx-license-expires",
    title: "a licence that runs out keeps evicted clients away: held until it is renewed",
    deadlineSeconds: 300,
  },
  async ({ injected, handled }) => {
    const { report, result } = await bed.upgrade({
      phase: "Evacuate",
      clients: CLIENTS,
      when: begun,
      strike: async (_scene, up) => {
        await bed.faults.set(everyPod, { licenseDays: 40 });
        injected();
        await until(() => HELD.test(up.output()) || up.ended(), 60);
        const [pod] = await bed.faults.pods();
        assert.ok(pod && !up.ended(), "the upgrade waits");
        await bed.bench.emqx(bed.scenario.watched, pod, "/license", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ key: license(400) }),
        });
      },
    });
    handled();
    assert.match(result.output, HELD);
    assertGraceful(report, brokenInvariants(report));
  },
);
