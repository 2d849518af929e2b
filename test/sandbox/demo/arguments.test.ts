import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDemoArguments, UsageError } from "../../../sandbox/demo/arguments";

test("Without arguments the demo upgrades 3 nodes under 3000 clients", () => {
  const options = parseDemoArguments([], "/repo");
  assert.deepEqual(options, {
    clients: 3000,
    nodes: 3,
    replicants: 0,
    rate: 100,
    from: "emqx/emqx:6.0.1",
    to: "emqx/emqx:6.1.0",
    out: "/repo/.sandbox/demo",
    keep: false,
    help: false,
  });
});

test("Every option is read", () => {
  const args =
    "--clients 10000 --nodes 5 --replicants 2 --rate 500 --from a:1 --to a:2 --out /tmp/x --keep";
  const options = parseDemoArguments(args.split(" "), "/repo");
  assert.equal(options.clients, 10_000);
  assert.equal(options.nodes, 5);
  assert.equal(options.replicants, 2);
  assert.equal(options.rate, 500);
  assert.deepEqual([options.from, options.to, options.out], ["a:1", "a:2", "/tmp/x"]);
  assert.equal(options.keep, true);
});

test("Nonsense is refused with what was expected and what came", () => {
  const cases: [string, RegExp][] = [
    ["--clients many", /--clients to be a whole number from 1 to 18000, got `many`/],
    ["--clients 20000", /from 1 to 18000, got `20000`/],
    ["--rate 0", /--rate to be a whole number/],
    ["--nodes 1.5", /--nodes to be a whole number/],
    ["--replicants -1", /replicants/],
    ["--replicants 21", /--replicants to be a whole number from 0 to 20, got `21`/],
    ["--from a:1 --to a:1", /--from and --to to differ, got `a:1`/],
    ["--color", /color/],
    ["10000", /10000/],
  ];
  for (const [args, message] of cases) {
    const parse = () => parseDemoArguments(args.split(" "), "/repo");
    assert.throws(parse, (error: unknown) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});
