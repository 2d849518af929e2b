import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { EmqxHttp } from "../../components/emqx/http";
import { FakeEmqx } from "./fake-emqx";

let emqx: FakeEmqx;
let http: EmqxHttp;
const dialled: string[] = [];

before(async () => {
  emqx = await new FakeEmqx("emqx@a").start();
  http = new EmqxHttp({
    dial: async (pod, port) => {
      dialled.push(`${pod}:${port}`);
      return connect(emqx.port, "127.0.0.1");
    },
    port: 18084,
    base: "/api/v5",
    secret: "Secret default/keys",
    readApiKeys: async () => "pulumi-emqx:s3cret",
  });
});
after(async () => {
  await http.close();
  await emqx.stop();
});

test("a pod is reached where it listens, one of which nothing is known where the new ones will", async () => {
  http.listensAt("blue-0", 18083);
  await http.call("blue-0", "GET", "/nodes", 2_000);
  await http.call("green-0", "GET", "/nodes", 2_000);
  assert.deepEqual(dialled, ["blue-0:18083", "green-0:18084"]);
});
