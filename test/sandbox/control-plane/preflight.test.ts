import assert from "node:assert/strict";
import test from "node:test";
import { checkHost } from "../../../sandbox/control-plane/preflight";
import { tryBind } from "../../../sandbox/control-plane/ports";

const refuse = (): Promise<string> => Promise.resolve("EADDRNOTAVAIL");

test("this machine can carry a sandbox", async () => {
  await checkHost();
});

test("a platform that has neither is refused", async () => {
  await assert.rejects(checkHost({ platform: "win32", bind: tryBind }), (error) => {
    assert.equal((error as { code?: string }).code, "SANDBOX_PLATFORM");
    assert.match(String(error), /this is win32.*WSL 2/);
    return true;
  });
});

test("a machine with only 127.0.0.1 is refused with the remedy for its system", async () => {
  for (const [platform, remedy] of [
    ["linux", /127\.88\.0\.1 can't be bound here \(EADDRNOTAVAIL\).*ip addr add/],
    ["darwin", /ifconfig lo0 alias/],
  ] as const) {
    await assert.rejects(checkHost({ platform, bind: refuse }), (error) => {
      assert.equal((error as { code?: string }).code, "SANDBOX_LOOPBACK");
      assert.match(String(error), remedy);
      return true;
    });
  }
});

test("an address of no interface is really noticed", async () => {
  assert.equal(await tryBind("192.0.2.1", 0), "EADDRNOTAVAIL");
});
