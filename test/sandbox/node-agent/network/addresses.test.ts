import assert from "node:assert/strict";
import { test } from "node:test";
import { Addresses, processAddress } from "../../../../sandbox/node-agent/network/addresses";

test("two sandboxes never give the same address, and no address comes back soon", async () => {
  const [one, two] = await Promise.all([Addresses.open(), Addresses.open()]);
  const taken = new Set<string>();
  for (let i = 0; i < 600; i += 1) {
    const address = await (i % 2 === 0 ? one : two).take();
    assert.ok(!taken.has(address), `${address} came twice`);
    assert.match(address, /^10\.88\.\d{1,3}\.\d{1,3}$/);
    taken.add(address);
    if (i % 3 === 0) one.release(address);
  }
  one.close();
  two.close();
});

test("a process listens on loopback where the pod's status says 10.88", () => {
  assert.equal(processAddress("10.88.7.9"), "127.88.7.9");
  assert.equal(processAddress("127.0.0.1"), "127.0.0.1");
});
