import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Memory } from "../../components/rollout/memory";
import { arrivals, LEAST_LOST, missingReturns } from "../../components/rollout/returns";
import type { NodeObservation, Observation } from "../../components/rollout/types";
import { cluster, node, silent } from "./fixtures";

const clients = (liveConnections: number): Partial<NodeObservation> => ({ liveConnections });

/** One blue node and one green node with so many clients each. */
const look = (blue: number, green: number): Observation =>
  cluster([node("blue", 0, clients(blue)), node("green", 0, clients(green))]);

const staying = (observation: Observation) =>
  observation.nodes.filter(({ revision }) => revision === "green");

const missing = (older: Observation, recent: Observation, now: Observation, share = 0.5) =>
  missingReturns({ older, recent }, now, staying(now), share);

describe("evicted clients", () => {
  test("are back when green has gained the share of what blue lost until ten seconds ago", () => {
    assert.equal(missing(look(100, 0), look(60, 0), look(20, 20)), undefined);
    assert.equal(missing(look(100, 0), look(60, 0), look(20, 19)), 40);
  });

  test("are expected at what green had plus their share of all that blue has lost by now", () => {
    assert.equal(missing(look(300, 50), look(200, 50), look(90, 55)), 50 + 105);
    assert.equal(missing(look(300, 50), look(200, 50), look(90, 55), 0.9), 50 + 189);
  });

  test("are never missed with a share of 0, nor when too few have gone to prove anything", () => {
    assert.equal(missing(look(100, 0), look(0, 0), look(0, 0), 0), undefined);
    const few = LEAST_LOST - 1;
    assert.equal(missing(look(100, 0), look(100 - few, 0), look(0, 0)), undefined);
    assert.equal(missing(look(100, 0), look(99 - few, 0), look(0, 0)), 50);
  });

  test("of a pod that is gone count as lost, those of a silent node do not", () => {
    const gone = cluster([node("green", 0, clients(0))]);
    assert.equal(missing(look(100, 0), gone, gone), 50);
    const hung = cluster([node("blue", 0, silent), node("green", 0, clients(0))]);
    assert.equal(missing(look(100, 0), hung, hung), undefined);
  });

  test("are not those who went from one leaving node to the next", () => {
    const both = (zero: number, one: number, green: number) =>
      cluster([
        node("blue", 0, clients(zero)),
        node("blue", 1, clients(one)),
        node("green", 0, clients(green)),
      ]);
    const moved = cluster([node("blue", 0, clients(80)), node("green", 0, clients(0))]);
    assert.equal(missing(both(27, 53, 0), moved, moved), undefined);
    assert.equal(missing(both(27, 53, 0), both(60, 0, 0), both(60, 0, 0)), 10);
  });

  test("can't be counted while a node that stays is silent", () => {
    const blind = cluster([node("blue", 0, clients(0)), node("green", 0, silent)]);
    assert.equal(missing(look(100, 0), look(0, 0), blind), undefined);
    assert.equal(arrivals(blind, new Set(["emqx@c-core-green-0"])), undefined);
  });
});

describe("a run's memory", () => {
  test("has a past when two looks are far enough apart, and keeps what is just old enough", () => {
    const memory = new Memory();
    assert.equal(memory.past(0), undefined);
    for (let at = 0; at <= 60_000; at += 1_000) {
      memory.add(look(at, 0), at);
      const past = memory.past(at);
      const oldest = Math.max(0, at - 20_000);
      if (at <= 10_000) assert.equal(past, undefined);
      else {
        assert.equal(past?.recent.nodes[0]?.liveConnections, at - 10_000);
        assert.equal(past?.older.nodes[0]?.liveConnections, oldest);
      }
    }
    memory.forget();
    assert.equal(memory.past(61_000), undefined);
  });
});
