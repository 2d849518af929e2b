import assert from "node:assert/strict";
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
