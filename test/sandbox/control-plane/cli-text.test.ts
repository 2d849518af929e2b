import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";
import { formatStatus, shellExports } from "../../../sandbox/control-plane/cli-text";

test("a shell reads the printed variables back unchanged", () => {
  const env = { PLAIN: "/a/b:/c", SPACED: "a b", QUOTED: 'it\'s $HOME `x` "y"', EMPTY: "" };
  const script = `${shellExports(env)}\nprintf '%s\\n' "$PLAIN" "$SPACED" "$QUOTED" "$EMPTY"`;
  const read = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" });
  assert.equal(read, `${Object.values(env).join("\n")}\n`);
});

test("the status table shows which part has ended and where its log is", () => {
  const text = formatStatus({
    dir: "/s",
    phase: "broken",
    server: "https://127.0.0.1:1",
    components: [
      { name: "etcd", pid: 10, ports: [1, 2], alive: true, log: "/s/etcd.log" },
      { name: "node-agent", pid: 11, ports: [], alive: false, log: "/s/agent.log" },
    ],
  });
  assert.equal(
    text,
    [
      "/s: broken, https://127.0.0.1:1",
      "PART        STATE  PID  PORTS  LOG",
      "etcd        alive  10   1,2    /s/etcd.log",
      "node-agent  ended  11   -      /s/agent.log",
    ].join("\n"),
  );
});

test("a stopped sandbox is one line", () => {
  const status = { dir: "/s", phase: "stopped" as const, server: "", components: [] };
  assert.equal(formatStatus(status), "/s: stopped");
});
