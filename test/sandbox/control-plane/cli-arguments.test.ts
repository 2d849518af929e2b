import assert from "node:assert/strict";
import test from "node:test";
import { parseArguments, UsageError } from "../../../sandbox/control-plane/cli-arguments";

test("commands and their options are understood", () => {
  assert.deepEqual(parseArguments(["up"]), { name: "up", port: undefined, purge: false });
  assert.equal(parseArguments(["up", "--port", "6443"]).port, 6443);
  assert.equal(parseArguments(["down", "--purge"]).purge, true);
  assert.equal(parseArguments(["--help"]).name, "help");
});

test("arguments that make no sense are refused by name", () => {
  const refused: [string[], RegExp][] = [
    [[], /Expected a command\./],
    [["start"], /got `start`/],
    [["up", "now"], /nothing after `up`, got `now`/],
    [["up", "--port", "70000"], /1 to 65535, got `70000`/],
    [["up", "--port", "1.5"], /1 to 65535, got `1\.5`/],
    [["env", "--port", "1"], /--port belongs to `up` only/],
    [["up", "--purge"], /--purge belongs to `down` only/],
    [["up", "--bogus"], /--bogus/],
  ];
  for (const [args, message] of refused) {
    assert.throws(
      () => parseArguments(args),
      (error) => error instanceof UsageError && message.test(error.message),
      args.join(" "),
    );
  }
});
