import assert from "node:assert/strict";
import { after, before } from "node:test";
import { brokenInvariants } from "../e2e/support/faults";
import { EmqxBed } from "./support/emqx-bed";
import { everyPod } from "./support/emqx-faults";
import { fault } from "./support/fault";

// What EMQX itself loses when clients come back while their sessions are moved (emqx-observed.md).
const SWITCHES = { faults: ["lossy-takeover", "second-cut"] } as const;
let bed: EmqxBed;
before(async () => {
  bed = await EmqxBed.open("emqx-takeover", {
    waitTakeover: 4,
    // A batch of 40 takes as long as on a busy node, so that clients come back in the middle of it.
    spec: {
      coreTemplate: { spec: { env: [{ name: "SANDBOX_EMQX_SESSION_MOVE_MS", value: "100" }] } },
    },
  });
});
after(() => bed?.close());

async function upgrade(reconnectDelay: [number, number]) {
  const on = bed.faults.always(everyPod, { faults: [...SWITCHES.faults] });
  try {
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      clients: 80,
      offline: 0,
      fleet: { reconnectDelay, messagesPerSecond: 200 },
      strike: () => Promise.resolve(),
    });
    return report;
  } finally {
    await on.stop();
  }
}

fault(
  {
    id: "emqx-takeover-kept",
    title: "with a waitTakeover longer than the clients' reconnect delay EMQX loses nothing",
    deadlineSeconds: 240,
  },
  async ({ injected, handled }) => {
    injected();
    const report = await upgrade([50, 1000]);
    handled();
    assert.deepEqual([report.takeoverMessagesLost, report.secondCuts], [0, 0]);
    assert.deepEqual(brokenInvariants(report), []);
  },
);

fault(
  {
    id: "emqx-takeover-lost",
    title: "with none what EMQX loses is counted apart, and the upgrade itself loses nothing",
    deadlineSeconds: 240,
  },
  async ({ t, injected, handled }) => {
    await bed.scenario.stack.set("waitTakeover", "0");
    injected();
    const report = await upgrade([1000, 5000]);
    handled();
    t.diagnostic(`${report.takeoverMessagesLost} messages, ${report.secondCuts} second cuts`);
    assert.ok(report.takeoverMessagesLost > 0, "messages lost in takeovers");
    assert.ok(report.secondCuts > 0, "second cuts");
    assert.deepEqual([report.sessionsLost, report.qos1Lost], [0, 0]);
  },
);
