import assert from "node:assert/strict";
import { code } from "../../support/error-code";
import { fault } from "../support/fault";
import { Stage } from "./stage";

let stage: Stage;
const now = () => stage.model.now();
const FOREVER = Number.MAX_SAFE_INTEGER;

fault(
  {
    id: "hung-blue-forever",
    title:
      "a blue host that hangs for ever: the others are drained, then it is told and nothing deleted",
    deadlineSeconds: 240,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open();
    stage.whenDraining(() => {
      // The lowest ordinal goes last: all others can be drained.
      const [hung] = stage.pods("a").filter(({ ordinal }) => ordinal === 0);
      assert.ok(hung);
      hung.silentUntil = FOREVER;
      injected();
    });
    await assert.rejects(stage.up("b"), code("EMQX_DRAIN_DEADLINE", "Not drained: c-core-a-0"));
    handled();
    const [hung, ...others] = stage.pods("a").map(({ state }) => state);
    assert.notEqual(hung, "prohibiting");
    assert.deepEqual(others, ["prohibiting", "prohibiting"], "drained, and there while one hangs");
    assert.equal(stage.lost, 0);
    for (const pod of stage.pods("a")) pod.silentUntil = 0;
    await stage.up("b");
    assert.ok(stage.settledOn("b"), "the next up goes on");
  },
  () => now(),
);

fault(
  {
    id: "hung-green-forever",
    title:
      "a green host that hangs for ever during the drain: nothing is deleted, it ends with its name",
    deadlineSeconds: 240,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open();
    stage.whenDraining(() => {
      const [hung] = stage.pods("b");
      assert.ok(hung);
      hung.silentUntil = FOREVER;
      injected();
    });
    await assert.rejects(stage.up("b"), code("EMQX_DRAIN_DEADLINE", "EMQX does not answer"));
    handled();
    assert.equal(stage.pods("a").length, 3, "no blue pod was given up");
    assert.equal(stage.lost, 0);
    for (const pod of stage.pods("b")) pod.silentUntil = 0;
    await stage.up("b");
    assert.ok(stage.settledOn("b"), "the next up goes on");
  },
  () => now(),
);

fault(
  {
    id: "hung-for-a-minute",
    title: "a blue host that hangs for 90 s delays the upgrade by about that, and nothing else",
    deadlineSeconds: 200,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open();
    stage.whenDraining(() => {
      const [hung] = stage.pods("a");
      assert.ok(hung);
      hung.silentUntil = stage.model.now() + 90_000;
      injected();
    });
    await stage.up("b");
    handled();
    assert.ok(stage.settledOn("b"));
  },
  () => now(),
);

fault(
  {
    id: "record-lost-silent-blue",
    title: "a record deleted while all of blue is silent: nothing of blue is taken for unused",
    deadlineSeconds: 400,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open();
    stage.whenDraining(() => {
      injected();
      throw new Error("killed");
    });
    await assert.rejects(stage.up("b"), /killed/);
    stage.store.lose();
    for (const pod of stage.pods("a")) pod.silentUntil = stage.model.now() + 60_000;
    await stage.up("b");
    handled();
    assert.ok(stage.settledOn("b"));
  },
  () => now(),
);

fault(
  {
    id: "pause-long",
    title: "a pause of ten minutes is no standstill, and the upgrade goes on after resume",
    deadlineSeconds: 700,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open();
    let paused = 0;
    stage.whenDraining(() => {
      stage.model.control = "pause";
      paused = stage.model.now();
      injected();
    });
    stage.when(
      () => paused > 0 && stage.model.now() > paused + 600_000,
      () => (stage.model.control = "resume"),
    );
    await stage.up("b");
    handled();
    assert.ok(stage.lines.some((line) => line.includes("paused by annotation")));
    assert.ok(stage.settledOn("b"));
  },
  () => now(),
);
