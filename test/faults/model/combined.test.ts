/** Two faults at once, or a fault that meets an order or a change of mind. */
import assert from "node:assert/strict";
import type { NodeObservation, Observation } from "../../../components/rollout/types";
import { code } from "../../support/error-code";
import { fault } from "../support/fault";
import { Stage } from "./stage";

let stage: Stage;
const now = () => stage.model.now();
const AWAY = 3_000_000;

fault(
  {
    id: "hung-blue-restarted",
    title: "a blue host that hangs is waited for also when its container was restarted once",
    deadlineSeconds: 200,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open({}, 600);
    const observe = stage.model.observe.bind(stage.model);
    const restarted = (node: NodeObservation): NodeObservation =>
      node.ready ? node : { ...node, reason: "Restarted" };
    stage.model.observe = async (options): Promise<Observation> => {
      const observation = await observe(options);
      return { ...observation, nodes: observation.nodes.map(restarted) };
    };
    stage.whenDraining(() => {
      const hung = stage.pods("a").find(({ ordinal }) => ordinal === 2);
      assert.ok(hung);
      hung.silentUntil = now() + 45_000;
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
    id: "clients-away-hung-green",
    title: "clients that cannot come back while a green host hangs: few are cut before it is held",
    deadlineSeconds: 300,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open({ connEvictRate: 10 }, 1_500);
    stage.whenDraining(() => {
      const [hung] = stage.pods("b");
      assert.ok(hung);
      hung.silentUntil = now() + 90_000;
      stage.reconnect = AWAY;
      injected();
    });
    await assert.rejects(stage.up("b"), code("EMQX_CLIENTS_AWAY"));
    handled();
    // Ten seconds until the silence counts and, once green answers again, some fifteen until nobody has come back.
    assert.ok(stage.away <= 10 * 32, `${stage.away} clients were cut`);
    assert.equal(stage.lost, 0);
  },
  () => now(),
);

fault(
  {
    id: "clients-away-old-resume",
    title: "a resume that ended a pause does not end a hold that comes later",
    deadlineSeconds: 200,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open();
    let paused = 0;
    stage.whenDraining(() => {
      stage.model.control = "pause";
      paused = now();
    }, 5);
    stage.when(
      () => paused > 0 && now() > paused + 20_000,
      () => {
        stage.model.control = "resume";
        stage.reconnect = AWAY;
        injected();
      },
    );
    await assert.rejects(stage.up("b"), code("EMQX_CLIENTS_AWAY"));
    handled();
    assert.equal(stage.model.control, null, "the order was taken off");
    assert.ok(stage.on("a") > 0, "blue keeps who is left");
  },
  () => now(),
);

fault(
  {
    id: "mind-third-slow-start",
    title: "a third specification whose pods start slowly: nobody is evicted for the second one",
    deadlineSeconds: 400,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open({}, 300);
    stage.whenDraining(() => {
      injected();
      throw new Error("killed");
    }, 20);
    await assert.rejects(stage.up("b"), /killed/);
    stage.start = 60_000;
    const before = stage.on("a");
    let atSwitch = 0;
    stage.when(
      () => stage.model.selects === "c",
      () => (atSwitch = stage.on("a")),
    );
    await stage.up("c");
    handled();
    // What EMQX had begun goes on for a look or two.
    assert.ok(
      atSwitch >= before - 15,
      `${before - atSwitch} of ${before} left blue before the switch`,
    );
    assert.ok(stage.settledOn("c"));
  },
  () => now(),
);

fault(
  {
    id: "gate-blip",
    title:
      "a green node that is silent for a moment at the gate, long after the deadline, is no failure",
    deadlineSeconds: 500,
  },
  async ({ injected, handled }) => {
    stage = await Stage.open({ gate: "manual", onFailure: "abort" });
    let since = 0;
    const isAfter = (seconds: number) => since > 0 && now() > since + seconds * 1000;
    stage.when(
      () => stage.pods("b").length === 3,
      () => (since = now()),
    );
    stage.when(
      () => isAfter(300),
      () => {
        const [green] = stage.pods("b");
        assert.ok(green);
        green.silentUntil = now() + 300;
        injected();
      },
    );
    stage.when(
      () => isAfter(400),
      () => (stage.model.control = "promote"),
    );
    await stage.up("b");
    handled();
    assert.ok(stage.settledOn("b"));
  },
  () => now(),
);
