import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { authority, issue } from "../../sandbox/node-agent/server/certificate";
import type { Scenario } from "../../sandbox/scenario";
import { Bench, isReady } from "./support/cluster";
import { assertGraceful, show } from "./support/graceful";

// A dashboard on HTTPS only, with a certificate of a private authority; one story in order.
const PORT = 18084;
const FILES = "/opt/emqx/etc/dashboard";
const ours = authority("our authority");
const HTTPS = { bind: PORT, ssl_options: { certfile: `${FILES}/c`, keyfile: `${FILES}/k` } };
let bench: Bench;
let scenario: Scenario;

/** Arguments of a cluster that trusts these authorities. */
const spec = (dashboardTls: object) => ({
  dashboardTls,
  config: { roots: { dashboard: { listeners: { http: { bind: 0 }, https: HTTPS } } } },
  coreTemplate: {
    spec: {
      extraVolumes: [{ name: "dashboard-tls", secret: { secretName: "dashboard-tls" } }],
      extraVolumeMounts: [{ name: "dashboard-tls", mountPath: FILES, readOnly: true }],
    },
  },
});

before(async () => {
  bench = await Bench.open();
  const { cert, key } = issue(ours, ["emqx-dashboard.default.svc"]);
  await bench.api.create("/api/v1/namespaces/default/secrets", {
    metadata: { name: "dashboard-tls" },
    stringData: { c: cert, k: key },
  });
  scenario = await bench.scenario("tls", {
    replicas: 2,
    spec: spec({ caBundle: ours.cert }),
    watch: { api: { port: PORT, https: true } },
  });
});
after(() => bench?.close());

test("a cluster whose dashboard speaks HTTPS is created, its probes and its address included", async () => {
  await scenario.stack.up();
  const pods = await bench.pods(scenario.watched);
  assert.deepEqual(pods.map(isReady), [true, true]);
  const { dashboardUrl } = await scenario.stack.outputs();
  assert.equal(dashboardUrl, `https://emqx-dashboard.default.svc.cluster.local:${PORT}`);
});

test("it is upgraded under load as any other", async (t) => {
  const fleet = await bench.connect(scenario, 60, 6);
  await scenario.setImage("emqx/emqx:6.1.0");
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();
  show(t, report);
  assertGraceful(report);
});

test("with another authority nothing is done, and the message says why", async () => {
  const sets = (await bench.sets(scenario.watched)).map(({ metadata }) => metadata.name);
  const updateStrategy = { progressDeadlineSeconds: 15 };
  await scenario.setSpec({ ...spec({ caBundle: authority("another").cert }), updateStrategy });
  await scenario.setImage("emqx/emqx:6.1.1");
  const { code, output } = await scenario.stack.startUp().result;
  assert.notEqual(code, 0, output);
  assert.match(output, /dashboardTls\.caBundle/);
  const left = (await bench.sets(scenario.watched)).map(({ metadata }) => metadata.name);
  assert.deepEqual(left, sets);
});

test("any certificate is taken when that is said, with a warning", async () => {
  await scenario.setSpec(spec({ insecureSkipVerify: true }));
  const { output } = await scenario.stack.up();
  assert.match(output, /insecureSkipVerify/);
});
