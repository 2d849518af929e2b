import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import test from "node:test";
import { checkPort, freePorts, tryBind } from "../../../sandbox/control-plane/ports";

test("free ports differ and stay below outgoing connections and NodePorts", async () => {
  const ports = await freePorts(20);
  assert.equal(new Set(ports).size, 20);
  assert.ok(ports.every((port) => port >= 20_000 && port < 30_000));
});

test("a busy port is named, with what to do", async (t) => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  await assert.rejects(checkPort(port), (error) => {
    assert.equal((error as { code?: string }).code, "SANDBOX_PORT_BUSY");
    assert.match(String(error), new RegExp(`Port ${port} .* in use by another program`));
    assert.match(String(error), /leave the port out/);
    return true;
  });
});

test("a port that is free passes and can be bound afterwards", async () => {
  const [port = 0] = await freePorts(1);
  await checkPort(port);
  assert.equal(await tryBind("127.0.0.1", port), undefined);
});
