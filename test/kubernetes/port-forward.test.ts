import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type AddressInfo, createServer } from "node:net";
import { after, before, test } from "node:test";
import { EmqxHttp } from "../../components/emqx/http";
import { loadKubeConfig } from "../../components/kubernetes/config";
import { forwardDial } from "../../components/kubernetes/port-forward";
import { isEmqxError } from "../../components/errors";
import { FakeEmqx } from "../emqx/fake-emqx";
import { FakeApi } from "./fake-api";

let api: FakeApi;
let emqx: FakeEmqx;
let http: EmqxHttp;

before(async () => {
  api = await new FakeApi().start();
  emqx = await new FakeEmqx("emqx@a").start();
  api.forwards.set("p-0", emqx.port);
  http = new EmqxHttp({
    dial: forwardDial(await loadKubeConfig({ kubeconfig: api.kubeconfig }), "ns"),
    port: 18083,
    base: "/api/v5",
    secret: "Secret ns/keys",
    readApiKeys: async () => "pulumi-emqx:s3cret",
  });
});
after(async () => {
  await http.close();
  await emqx.stop();
  await api.stop();
});

test("requests to a pod share one forwarded connection", async () => {
  for (let i = 0; i < 5; i += 1) {
    assert.equal((await http.call("p-0", "GET", "/nodes", 3000)).status, 200);
  }
  assert.equal(api.sockets.size, 1);
  assert.equal(emqx.connections, 1);
});

test("a large body arrives whole", async () => {
  const big = Array.from({ length: 20_000 }, (_, i) => ({ i }));
  emqx.answers.set("GET /big", { status: 200, body: big });
  const answer = await http.call("p-0", "GET", "/big", 3000);
  assert.deepEqual(answer.body, big);
});

test("after the connection is dropped the next request opens another", async () => {
  for (const socket of api.sockets) socket.terminate();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await http.call("p-0", "GET", "/nodes", 3000)).status, 200);
});

test("a port on which nobody listens is no answer", async () => {
  const closed = await new FakeEmqx("emqx@b").start();
  api.forwards.set("p-1", closed.port);
  await closed.stop();
  await assert.rejects(http.call("p-1", "GET", "/nodes", 3000), (error) => {
    assert.ok(isEmqxError(error));
    assert.equal(error.code, "EMQX_API_UNREACHABLE");
    assert.match(error.message, /pod p-1 did not answer GET \/nodes/);
    return true;
  });
});

test("a refusal in one piece with the WebSocket's handshake is no answer, and no crash", async (t) => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (request) => socket.write(refusedHandshake(request.toString())));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const kubeconfig = api.kubeconfig.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`);
  const dial = forwardDial(await loadKubeConfig({ kubeconfig }), "ns");
  await assert.rejects(dial("p-0", 18083), /^Error: port 18083 of pod p-0: connection refused$/);
});

/** The API server's agreement, both channels' ports and the pod's refusal, as one segment. */
function refusedHandshake(request: string): Buffer {
  const key = /sec-websocket-key: (.*)\r/i.exec(request)?.[1] ?? "";
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const head = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept.digest("base64")}`,
    "Sec-WebSocket-Protocol: v4.channel.k8s.io",
  ];
  const frames = ["\0\xa3\x46", "\x01\xa3\x46", "\x01connection refused"].map((data) =>
    Buffer.from(`\x82${String.fromCharCode(data.length)}${data}`, "latin1"),
  );
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), ...frames]);
}

test("a denied port-forward says which right is missing", async () => {
  await assert.rejects(http.call("p-unknown", "GET", "/nodes", 3000), (error) => {
    assert.ok(isEmqxError(error));
    assert.equal(error.code, "EMQX_KUBERNETES_DENIED");
    assert.match(error.message, /pods\/portforward/);
    return true;
  });
});

test("closing ends every connection", async () => {
  assert.equal((await http.call("p-0", "GET", "/nodes", 3000)).status, 200);
  assert.ok(api.sockets.size > 0);
  await http.close();
  for (let i = 0; i < 100 && api.sockets.size > 0; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(api.sockets.size, 0);
});
