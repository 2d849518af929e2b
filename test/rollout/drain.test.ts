import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  drainConditions,
  EMPTY_MILLISECONDS,
  estimate,
  forecast,
  isDrained,
  isEmpty,
  isLost,
  line,
  LOST_MILLISECONDS,
  SILENCE_SECONDS,
} from "../../components/rollout/drain";
import type { EvacuationState, NodeObservation } from "../../components/rollout/types";
import { evacuating, node, silent, strategy } from "./fixtures";

const rates = { ...strategy, connEvictRate: 100, sessEvictRate: 50, waitTakeover: 10 };
const loaded = (ordinal: number, live: number, offline = 0, state: EvacuationState = "disabled") =>
  node("blue", ordinal, {
    ...evacuating(state),
    liveConnections: live,
    connections: live + offline,
  });
const eta = (nodes: NodeObservation[], held = {}, start?: Map<string, number>) =>
  forecast(nodes, rates, held, start).etaSeconds;

test("nodes of a release without evacuation cost waitTakeover each, unless they are empty", () => {
  const nodes = [0, 1, 2].map((ordinal) => loaded(ordinal, 5, 0, "unsupported"));
  assert.equal(eta(nodes), 30);
  const empty = { [`${nodes[0]?.node} empty`]: EMPTY_MILLISECONDS };
  assert.equal(eta(nodes, empty), 20);
});

describe("a node is drained", () => {
  test("when it is prohibiting and nobody is connected", () => {
    assert.equal(isDrained(loaded(0, 0, 0, "prohibiting"), {}), true);
    assert.equal(isDrained(loaded(0, 1, 0, "prohibiting"), {}), false);
  });

  test("in evicting_sessions only when its channel table has stayed empty", () => {
    const idle = loaded(0, 0, 0, "evicting_sessions");
    assert.equal(isDrained(idle, {}), false);
    assert.equal(isDrained(idle, { [`${idle.node} empty`]: EMPTY_MILLISECONDS }), true);
    assert.equal(
      isDrained(loaded(0, 0, 0, "waiting_takeover"), { [`${idle.node} empty`]: 1e6 }),
      false,
    );
  });

  test("never while it does not answer, nor when its count is missing", () => {
    assert.equal(isDrained(node("blue", 0, silent), {}), false);
    const uncounted = { ...loaded(0, 0, 0, "prohibiting"), liveConnections: undefined };
    assert.equal(isDrained(uncounted, {}), false);
  });

  test("is lost only when container and EMQX have been down for long", () => {
    const down = node("blue", 0, { ...silent, reason: "CrashLoopBackOff", down: true });
    assert.equal(drainConditions([down])[`${down.node} down`], true);
    assert.equal(drainConditions([node("blue", 0, silent)])["emqx@c-core-blue-0 down"], false);
    const restarted = node("blue", 0, { ...silent, reason: "Restarted", down: false });
    assert.equal(drainConditions([restarted])["emqx@c-core-blue-0 down"], false);
    assert.equal(isLost(down, { [`${down.node} down`]: LOST_MILLISECONDS - 1 }), false);
    assert.equal(isLost(down, { [`${down.node} down`]: LOST_MILLISECONDS }), true);
  });

  test("is empty by connections, not only by live connections", () => {
    assert.equal(drainConditions([loaded(0, 0, 3)])["emqx@c-core-blue-0 empty"], false);
    assert.equal(drainConditions([loaded(0, 0)])["emqx@c-core-blue-0 empty"], true);
    assert.equal(isEmpty(loaded(0, 0), {}), false);
    const young = { "emqx@c-core-blue-0 empty": EMPTY_MILLISECONDS - 1 };
    assert.equal(isEmpty(loaded(0, 0), young), false);
  });
});

describe("the line", () => {
  test("one node after the other at the full rate, waits hidden behind the next eviction", () => {
    const loads = [300, 300, 300].map((connections) => ({ connections, sessions: 0 }));
    assert.deepEqual(line(loads, rates), { offsets: [0, 3, 6], total: 19 });
  });

  test("a node is delayed when its sessions would meet those of the node before", () => {
    const loads = [
      { connections: 100, sessions: 500 },
      { connections: 100, sessions: 0 },
    ];
    // Sessions of the first: from 11 s to 21 s; the second may reach its own at 21 s, so it starts at 10 s.
    assert.deepEqual(line(loads, rates), { offsets: [0, 10], total: 21 });
  });

  test("waitHealthCheck counts before the eviction", () => {
    const loads = [{ connections: 100, sessions: 0 }];
    assert.deepEqual(line(loads, { ...rates, waitHealthCheck: 5 }), { offsets: [0], total: 16 });
  });

  test("stages never overlap, whatever the loads (property)", () => {
    const load = fc.record({ connections: fc.nat(5000), sessions: fc.nat(5000) });
    fc.assert(
      fc.property(
        fc.array(load, { maxLength: 8 }),
        fc.nat(30),
        fc.nat(10),
        (loads, takeover, health) => {
          const some = {
            connEvictRate: 70,
            sessEvictRate: 30,
            waitTakeover: takeover,
            waitHealthCheck: health,
          };
          const { offsets, total } = line(loads, some);
          let connections = 0;
          let sessions = 0;
          loads.forEach((each, index) => {
            const start = offsets[index]!;
            const evicted = start + health + Math.ceil(each.connections / 70);
            const moving = evicted + takeover;
            assert.ok(start >= connections, "connection stages overlap");
            assert.ok(moving >= sessions, "session stages overlap");
            connections = evicted;
            sessions = moving + Math.ceil(each.sessions / 30);
          });
          assert.equal(total, Math.max(connections, sessions));
        },
      ),
    );
  });
});

describe("the forecast", () => {
  test("lets the first node start at once and gives the others their turn", () => {
    const { startIn } = forecast([loaded(1, 250), loaded(0, 100)], rates, {});
    assert.deepEqual([...startIn.values()], [0, 3]);
  });

  test("holds the next node until EMQX says waiting_takeover, even with no client left", () => {
    const next = (state: EvacuationState, live: number) =>
      forecast([loaded(1, live, 0, state), loaded(0, 100)], rates, {}).startIn.get(
        "emqx@c-core-blue-0",
      );
    assert.equal(next("evicting_conns", 250), 3);
    assert.equal(next("evicting_conns", 0), 1);
    assert.equal(next("waiting_takeover", 0), 0);
    assert.equal(next("prohibiting", 1), 0);
  });

  test("counts what is left of each stage", () => {
    assert.equal(eta([loaded(0, 300, 100, "evicting_conns")]), 15);
    const key = "emqx@c-core-blue-0 waiting_takeover";
    assert.equal(eta([loaded(0, 0, 100, "waiting_takeover")], { [key]: 4000 }), 8);
    assert.equal(eta([loaded(0, 0, 100, "waiting_takeover")], { [key]: 40_000 }), 2);
    assert.equal(eta([loaded(0, 0, 0, "evicting_sessions")]), 1);
    assert.equal(eta([loaded(0, 1, 0, "prohibiting")]), 1);
    assert.equal(eta([loaded(0, 0, 0, "prohibiting")]), 0);
  });

  test("waits out the health check as far as it is known", () => {
    const slow = { ...rates, waitHealthCheck: 6 };
    const waiting = [loaded(0, 100, 0, "waiting_health_check")];
    const key = "emqx@c-core-blue-0 waiting_health_check";
    assert.equal(forecast(waiting, slow, { [key]: 2000 }).etaSeconds, 15);
    assert.equal(forecast(waiting, slow, { [key]: 9000 }).etaSeconds, 12);
  });

  test("corrects the session rate by what the node achieves", () => {
    const key = "emqx@c-core-blue-0 evicting_sessions";
    const moving = [loaded(0, 0, 100, "evicting_sessions")];
    const start = new Map([["emqx@c-core-blue-0", 200]]);
    assert.equal(eta(moving, { [key]: 10_000 }, start), 11, "100 in 10 s leaves 10 s and a tick");
    assert.equal(eta(moving, { [key]: 1000 }, start), 3, "too early to judge: nominal");
    assert.equal(eta(moving, { [key]: 10_000 }), 3, "without a figure from the start: nominal");
  });

  test("a silent node keeps its place for a while, then no longer", () => {
    const nodes = [node("blue", 1, silent), loaded(0, 100)];
    const key = "emqx@c-core-blue-1 unknown";
    const start = (milliseconds: number) =>
      forecast(nodes, rates, { [key]: milliseconds }).startIn.get("emqx@c-core-blue-0");
    assert.equal(start(0), SILENCE_SECONDS);
    assert.equal(start(20_000), SILENCE_SECONDS - 20);
    assert.equal(start(SILENCE_SECONDS * 1000), 0);
  });

  test("a node whose evacuation state is missing counts as unknown, not as idle", () => {
    const vague = node("blue", 1, { evacuation: undefined, liveConnections: undefined });
    assert.equal(forecast([vague], rates, {}).startIn.size, 0);
    assert.equal(drainConditions([vague])["emqx@c-core-blue-1 unknown"], true);
  });
});

describe("the estimate", () => {
  test("is the delay and the line, without the nodes that have nothing", () => {
    const loads = [
      { connections: 1000, sessions: 0 },
      { connections: 0, sessions: 0 },
      { connections: 1000, sessions: 100 },
    ];
    assert.equal(estimate(loads, strategy), 10 + 10 + 10 + 10 + 2);
  });

  test("of an empty cluster is the delay alone", () => {
    assert.equal(estimate([{ connections: 0, sessions: 0 }], strategy), 10);
  });
});
