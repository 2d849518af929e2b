import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { EmqxHttp } from "../../../components/emqx/http";
import { EmqxClientV5 } from "../../../components/emqx/v5/client";
import { code } from "../../support/error-code";
import { FakeEmqx } from "../fake-emqx";

const KEY = "bGljZW5jZQ==.signature";
const HOCON = 'mqtt.max_packet_size = nonsense\nauthentication.password = "hunter2hunter2"\n';
const PUT = "PUT /configs?mode=replace&ignore_readonly=true";
let emqx: FakeEmqx;
let http: EmqxHttp;
let client: EmqxClientV5;

before(async () => {
  emqx = await new FakeEmqx("emqx@a").start();
  http = new EmqxHttp({
    dial: async () => connect(emqx.port, "127.0.0.1"),
    port: 18083,
    base: "/api/v5",
    secret: "Secret ns/s",
    readApiKeys: async () => "pulumi-emqx:s3cret\n",
  });
  client = new EmqxClientV5(http);
});
beforeEach(() => {
  emqx.requests.length = 0;
});
after(async () => {
  await http.close();
  await emqx.stop();
});

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => assert.fail("it was accepted"),
    (error: Error) => error.message,
  );
}

test("a configuration goes out as it is, as text", async () => {
  emqx.answers.set(PUT, { status: 200 });
  await client.configure("p-0", HOCON, "replace");
  const [sent] = emqx.requests;
  assert.equal(sent?.body, HOCON);
  assert.equal(sent?.contentType, "text/plain");
});

test("a rejected configuration is told with path and reason, what state things are in, and no value", async () => {
  emqx.answers.set(PUT, {
    status: 400,
    body: {
      errors: {
        mqtt: { kind: "validation_error", path: "mqtt.max_packet_size", reason: "bad_unit" },
        authentication: {
          kind: "validation_error",
          path: "authentication.password",
          reason: "hunter2hunter2 is too long",
          value: "hunter2hunter2",
        },
      },
    },
  });
  const rejected = client.configure("p-0", HOCON, "replace");
  await assert.rejects(
    rejected,
    code("EMQX_CONFIG_REJECTED", "p-0", "mqtt.max_packet_size: bad_unit", "No pod was touched"),
  );
  assert.ok(!(await messageOf(rejected)).includes("hunter2"));
});

test("a release that has no such call is told from a busy one", async () => {
  emqx.answers.delete(PUT);
  await assert.rejects(
    client.configure("p-0", HOCON, "replace"),
    code("EMQX_CONFIG_REJECTED", "404", "5.1.1"),
  );
});

test("an answer that is no verdict leaves the outcome of a configuration open, without values", async () => {
  emqx.answers.set(PUT, { status: 500, body: "RPC_ERROR near hunter2hunter2" });
  const unclear = client.configure("p-0", HOCON, "replace");
  await assert.rejects(unclear, code("EMQX_API_UNREACHABLE", "RPC_ERROR"));
  assert.ok(!(await messageOf(unclear)).includes("hunter2"));
});

test("a licence is posted, and EMQX's refusal told without the key", async () => {
  emqx.answers.set("POST /license", { status: 200, body: { type: "official" } });
  await client.renewLicense("p-0", KEY);
  assert.deepEqual(JSON.parse(emqx.requests[0]!.body), { key: KEY });
  emqx.answers.set("POST /license", {
    status: 400,
    body: { code: "BAD_REQUEST", message: `Bad license key ${KEY}, see logs for more details` },
  });
  const refused = client.renewLicense("p-0", KEY);
  await assert.rejects(refused, code("EMQX_LICENSE_REJECTED", "Bad license key", "stays in force"));
  assert.ok(!(await messageOf(refused)).includes(KEY));
});

test("a release without licences says so, and one that is busy leaves it open", async () => {
  emqx.answers.delete("POST /license");
  await assert.rejects(client.renewLicense("p-0", KEY), code("EMQX_LICENSE_REJECTED", "404"));
  emqx.answers.set("POST /license", { status: 503, body: "busy" });
  await assert.rejects(client.renewLicense("p-0", KEY), code("EMQX_API_UNREACHABLE"));
});

test("an answer that is cut inside a secret shows no part of it", async () => {
  // What stands before it leaves ten characters of the secret before the cut.
  const echo = (secret: string) => `${".".repeat(290)}${secret}`;
  for (const status of [400, 401, 503]) {
    emqx.answers.set("POST /license", { status, body: echo(KEY) });
    const licence = await messageOf(client.renewLicense("p-0", KEY));
    emqx.answers.set(PUT, { status, body: echo("hunter2hunter2") });
    const configuration = await messageOf(client.configure("p-0", HOCON, "replace"));
    assert.match(licence, /\.{290}/, "the answer is shown");
    assert.match(configuration, /\.{290}/, "the answer is shown");
    assert.ok(!licence.includes(KEY.slice(0, 4)), `${status}: ${licence}`);
    assert.ok(!configuration.includes("hunt"), `${status}: ${configuration}`);
  }
});

test("the configuration in force is read as JSON", async () => {
  emqx.answers.set("GET /configs", { status: 200, body: { mqtt: { max_packet_size: "2MB" } } });
  assert.deepEqual(await client.config("p-0"), { mqtt: { max_packet_size: "2MB" } });
  emqx.answers.set("GET /configs", { status: 200, body: "mqtt {}" });
  await assert.rejects(client.config("p-0"), code("EMQX_API_UNREACHABLE"));
});
