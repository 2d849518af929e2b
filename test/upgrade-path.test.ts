import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pathProblem } from "../components/upgrade-path";

const problem = (from: string, to: string) => pathProblem(`emqx/emqx:${from}`, `emqx/emqx:${to}`);

describe("an upgrade that EMQX's list", () => {
  test("has, is no problem", () => {
    for (const [from, to] of [
      ["5.1.6", "5.9.3"],
      ["5.4.1", "5.10.4"],
      ["5.8.9", "6.0.3"],
      ["5.10.4", "6.2.2"],
      ["6.0.1", "6.3.0"],
      ["6.1.4", "6.1.2"],
    ] as const) {
      assert.equal(problem(from, to), undefined, `${from} to ${to}`);
    }
  });

  test("does not have, is named with both releases", () => {
    assert.match(problem("6.1.0", "6.0.2") ?? "", /no way back from 6\.1 to 6\.0/);
    assert.match(problem("6.0.0", "5.10.4") ?? "", /no way back from 6\.0 to 5\.10/);
    assert.match(
      problem("5.3.2", "5.10.0") ?? "",
      /no 5\.10 in a cluster that began with 5\.3 .*green may not join/,
    );
    assert.match(problem("5.0.9", "6.0.0") ?? "", /no 6\.0 in a cluster that began with 5\.0/);
    assert.match(problem("5.7.0", "6.0.0") ?? "", /no way from 5\.7 to 6\.0: upgrade to 5\.10/);
  });

  test("cannot be looked up in, is left alone", () => {
    assert.equal(pathProblem("emqx/emqx:6.1.0", "registry.local/mqtt:5"), undefined);
    assert.equal(problem("latest", "5.8.0"), undefined);
    assert.equal(pathProblem("emqx/emqx-ee:4.4.19", "emqx/emqx-ee:4.4.14"), undefined);
  });
});
