import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import tls from "node:tls";
import { selfSigned } from "../../../../sandbox/node-agent/server/certificate";
import { integer, oid, utcTime } from "../../../../sandbox/node-agent/server/der";

test("the certificate is a valid X.509 certificate, signed by its own key", () => {
  const certificate = new X509Certificate(selfSigned("sandbox-node", "127.0.0.1").cert);
  assert.equal(certificate.subject, "CN=sandbox-node");
  assert.equal(certificate.subjectAltName, "DNS:sandbox-node, IP Address:127.0.0.1");
  assert.ok(certificate.verify(certificate.publicKey));
  assert.ok(new Date(certificate.validFrom) < new Date());
  assert.ok(new Date(certificate.validTo).getTime() > Date.now() + 365 * 86_400_000);
});

test("a client that trusts the certificate accepts the server by its address", async () => {
  const pair = selfSigned("sandbox-node", "127.0.0.1");
  const server = tls.createServer(pair, (socket) => socket.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const text = await new Promise<string>((resolve, reject) => {
    const socket = tls.connect({ port, host: "127.0.0.1", ca: pair.cert });
    socket.on("error", reject);
    socket.on("data", (data) => resolve(data.toString()));
  });
  server.close();
  assert.equal(text, "hello");
});

test("numbers, identifiers and times are encoded as DER says", () => {
  assert.equal(integer(Buffer.from([0, 0, 0x80])).toString("hex"), "02020080");
  assert.equal(integer(Buffer.from([0])).toString("hex"), "020100");
  assert.equal(oid("1.2.840.10045.4.3.2").toString("hex"), "06082a8648ce3d040302");
  const time = utcTime(new Date("2026-11-21T04:05:06.789Z"));
  assert.equal(time.subarray(2).toString(), "261121040506Z");
});
