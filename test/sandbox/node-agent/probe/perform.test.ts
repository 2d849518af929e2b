import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import { after, before, test } from "node:test";
import type { ProbeTarget } from "../../../../sandbox/node-agent/probe/perform";
import { perform } from "../../../../sandbox/node-agent/probe/perform";

const ADDRESS = "127.88.0.253";
let server: http.Server;
let target: ProbeTarget;
let port: number;
const seen: http.IncomingHttpHeaders[] = [];

before(async () => {
  server = http.createServer((request, response) => {
    seen.push(request.headers);
    if (request.url === "/slow") return;
    response.statusCode = Number(request.url?.slice(1)) || 200;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, ADDRESS, resolve));
  port = (server.address() as AddressInfo).port;
  target = {
    container: { name: "emqx", ports: [{ name: "dashboard", containerPort: port }] },
    podIP: "10.88.0.253",
    root: os.tmpdir(),
    env: { PATH: process.env.PATH ?? "", WORD: "hello" },
  };
});
after(() => server.closeAllConnections() ?? server.close());

const httpGet = (path: string, timeoutMs = 2000) =>
  perform({ httpGet: { path, port: "dashboard" } }, target, timeoutMs);

test("an HTTP probe passes for 200 to 399, on a port given by name", async () => {
  assert.equal(await httpGet("/200"), undefined);
  assert.equal(await httpGet("/302"), undefined);
  assert.equal(await httpGet("/503"), "HTTP probe failed with statuscode: 503");
  assert.equal(await httpGet("/404"), "HTTP probe failed with statuscode: 404");
});

test("an HTTP probe sends its own headers", async () => {
  const httpHeaders = [{ name: "X-Probe", value: "1" }];
  await perform({ httpGet: { path: "/", port, httpHeaders } }, target, 2000);
  assert.equal(seen.at(-1)?.["x-probe"], "1");
  assert.equal(seen.at(-1)?.host, `10.88.0.253:${port}`);
});

test("an HTTP probe that gets no answer times out", async () => {
  assert.match((await httpGet("/slow", 100)) ?? "", /context deadline exceeded/);
});

test("a refused connection is named with the pod's address", async () => {
  const refused = { ...target, podIP: "10.88.0.252" };
  assert.equal(
    await perform({ httpGet: { path: "/x", port } }, refused, 2000),
    `Get "http://10.88.0.252:${port}/x": dial tcp 10.88.0.252:${port}: connect: connection refused`,
  );
  assert.equal(
    await perform({ tcpSocket: { port } }, refused, 2000),
    `dial tcp 10.88.0.252:${port}: connect: connection refused`,
  );
});

test("a TCP probe passes when the port accepts", async () => {
  assert.equal(await perform({ tcpSocket: { port: "dashboard" } }, target, 2000), undefined);
});

test("an unknown port name fails the probe", async () => {
  assert.equal(
    await perform({ tcpSocket: { port: "nope" } }, target, 2000),
    "couldn't find port: nope",
  );
});

test("an exec probe runs in the root with the container's environment", async () => {
  const sh = (script: string, ms = 5000) =>
    perform({ exec: { command: ["sh", "-c", script] } }, target, ms);
  assert.equal(await sh('test "$WORD" = hello && test "$PWD" = "$(cd "$PWD"; pwd)"'), undefined);
  assert.equal(await sh("echo broken >&2; exit 2"), "broken");
  assert.match((await sh("sleep 5", 100)) ?? "", /timed out/);
});
