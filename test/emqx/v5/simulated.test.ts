import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { EmqxClient } from "../../../components/emqx/api";
import type { EmqxHttp } from "../../../components/emqx/http";
import { openEmqx } from "../../../components/emqx/open";
import { asObject } from "../../../components/emqx/read";
import { mintLicense } from "../../../sandbox/emqx/license";
import { Fixture } from "../../sandbox/emqx/fixture";
import { code } from "../../support/error-code";

let fixture: Fixture;
let http: EmqxHttp;
let client: EmqxClient;

before(async () => {
  fixture = new Fixture({ env: { EMQX_API_KEY__BOOTSTRAP_FILE: '"/opt/emqx/data/keys"' } });
  const folder = join(fixture.rootOf(0), "opt/emqx/data");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "keys"), "key:secret\npulumi-emqx:secret\n");
  fixture.launch(0);
  await fixture.waitClustered(1);
  ({ http, emqx: client } = openEmqx("v5", {
    dial: async (_pod, port) => connect(port, fixture.address(0)),
    port: 18083,
    secret: "Secret ns/s",
    readApiKeys: async () => "pulumi-emqx:secret\n",
  }));
});
after(async () => {
  await http?.close();
  await fixture?.stop();
});

const sizeLimit = async () => asObject((await client.config("p-0"))?.mqtt)?.max_packet_size;

test("a configuration is in force once it is accepted, and one that is refused is explained", async () => {
  await client.configure("p-0", "mqtt.max_packet_size = 3MB\n", "merge");
  assert.equal(await sizeLimit(), "3MB");
  await assert.rejects(
    client.configure("p-0", "mqtt.max_packet_size = often\n", "merge"),
    code("EMQX_CONFIG_REJECTED", "mqtt.max_packet_size: "),
  );
  await assert.rejects(
    client.configure("p-0", "nonsense.a = 1\n", "merge"),
    code("EMQX_CONFIG_REJECTED", "nonsense: "),
  );
  assert.equal(await sizeLimit(), "3MB");
});

test("a licence is in force once it is accepted, and a wrong one changes nothing", async () => {
  await client.renewLicense("p-0", mintLicense({ maxSessions: 4321, expiresInDays: 5 }));
  assert.equal((await client.license("p-0"))?.maxSessions, 4321);
  await assert.rejects(
    client.renewLicense("p-0", "nonsense.key"),
    code("EMQX_LICENSE_REJECTED", "Bad license key"),
  );
  assert.equal((await client.license("p-0"))?.maxSessions, 4321);
});
