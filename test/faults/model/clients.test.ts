import assert from "node:assert/strict";
import { code } from "../../support/error-code";
import { fault } from "../support/fault";
import { Stage } from "./stage";

// The faults are about time: each test has its own virtual clock, which the deadline is measured on.
let stage: Stage;
const now = () => stage.model.now();
const AWAY = 3_000_000;

fault(
  {
    id: "clients-never-back",
    title: "evicted clients that never come back stop the evacuation, and fail it at its deadline",
    deadlineSeconds: 160,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open();
    const before = stage.on("a");
    stage.whenDraining(() => {
      stage.reconnect = AWAY;
      injected();
    }, 20);
    await assert.rejects(stage.up("b"), code("EMQX_CLIENTS_AWAY"));
    handled();
    const cut = before - stage.on("a") - stage.on("b");
    // At 5/s: ten seconds to come back, half of ten more until fewer than half are, and a tick or two.
    assert.ok(cut <= 5 * 18, `${cut} clients were cut`);
    assert.ok(stage.on("a") > 0, "blue serves who is left");
    assert.equal(stage.lost, 0);
    assert.ok(stage.lines.some((line) => line.startsWith("Evacuation held: evicted clients")));
  },
  () => now(),
);

fault(
  {
    id: "clients-late",
    title: "an evacuation that was held for clients goes on when they are back",
    deadlineSeconds: 60,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open();
    let heldAt = 0;
    stage.whenDraining(() => (stage.reconnect = AWAY), 20);
    stage.when(
      () => stage.lines.some((line) => line.startsWith("Evacuation held")),
      () => {
        heldAt = stage.on("a");
        stage.reconnect = 200;
        for (const client of stage.model.clients) {
          if (client.node === null && client.disconnects > 0) client.retryAt = stage.model.now();
        }
        injected();
      },
    );
    await stage.up("b");
    handled();
    assert.ok(heldAt > 0, "it was held with clients on blue");
    assert.ok(stage.settledOn("b"), "the upgrade is complete");
    const most = Math.max(...stage.model.clients.map(({ disconnects }) => disconnects));
    assert.equal(most, 1);
  },
  () => now(),
);

fault(
  {
    id: "clients-resume",
    title: "a person's resume lets an evacuation go on without the clients that are gone for good",
    deadlineSeconds: 60,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open();
    stage.whenDraining(() => (stage.reconnect = AWAY), 20);
    stage.when(
      () => stage.lines.some((line) => line.startsWith("Evacuation held")),
      () => {
        stage.model.control = "resume";
        injected();
      },
    );
    await stage.up("b");
    handled();
    assert.equal(stage.model.control, null, "the annotation was consumed");
    assert.ok(stage.settledOn("b"), "sessions of absent clients were moved");
  },
  () => now(),
);

fault(
  {
    id: "clients-slow",
    title: "clients that need eight seconds to come back do not hold the evacuation",
    deadlineSeconds: 90,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open({ waitTakeover: 10 });
    stage.reconnect = 8_000;
    injected();
    await stage.up("b");
    handled();
    assert.ok(!stage.lines.some((line) => line.startsWith("Evacuation held")));
    assert.ok(stage.settledOn("b"));
  },
  () => now(),
);
