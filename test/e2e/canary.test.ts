import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { mintLicense } from "../../sandbox/emqx/license";
import type { Secret } from "../../sandbox/node-agent/kube/types";
import { writeReport, type Scenario } from "../../sandbox/scenario";
import { ArgumentsWatch, findIn, findUnder, type Canaries } from "./support/canary";
import { Bench } from "./support/cluster";

// Secrets may be in Secrets and, encrypted, in Pulumi's state and settings: nowhere else. One story.
const NAMES = {
  cookie: ["emqx-node-cookie", "node_cookie"],
  "our API secret": ["emqx-bootstrap-api-key", "bootstrap_api_key"],
  "dashboard password": ["emqx-dashboard-admin", "password"],
} as const;
const NO_SECRETS = [
  "/api/v1/namespaces/default/configmaps",
  "/api/v1/namespaces/default/endpoints",
  "/api/v1/namespaces/default/events",
  "/api/v1/namespaces/default/persistentvolumeclaims",
  "/api/v1/namespaces/default/pods",
  "/api/v1/namespaces/default/serviceaccounts",
  "/api/v1/namespaces/default/services",
  "/apis/apps/v1/namespaces/default/controllerrevisions",
  "/apis/apps/v1/namespaces/default/deployments",
  "/apis/apps/v1/namespaces/default/replicasets",
  "/apis/apps/v1/namespaces/default/statefulsets",
  "/apis/coordination.k8s.io/v1/namespaces/default/leases",
  "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
  "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
];
const license = mintLicense({ maxSessions: 4321, expiresInDays: 365 });
const canaries: Canaries = {
  licence: license,
  "API secret": "Canary-of-the-API-4711-0815",
  kubeconfig: "canary-in-the-kubeconfig-4711",
};
let bench: Bench;
let scenario: Scenario;
let watch: ArgumentsWatch;
const printed: string[] = [];
const cluster: string[] = [];

before(async () => {
  bench = await Bench.open();
  watch = new ArgumentsWatch();
  const secrets = { license, spec: spec({}) };
  scenario = await bench.scenario("canary", {
    replicas: 2,
    secrets,
    onLine: (line) => printed.push(line),
  });
});
after(async () => {
  await watch?.end();
  await bench?.close();
});

/** The arguments that hold secrets; the setting `spec` is kept as a secret therefore. */
function spec(more: object, kubeconfig = `# ${canaries.kubeconfig}\n${runnersKubeconfig()}`) {
  const bootstrapAPIKeys = [{ key: "ci", secret: canaries["API secret"] }];
  return JSON.stringify({ kubeconfig, bootstrapAPIKeys, ...more });
}

const runnersKubeconfig = (): string => readFileSync(bench.sandbox.env.KUBECONFIG ?? "", "utf8");

test("the search finds a canary that is planted, however it is written", () => {
  const folder = join(bench.folder, "planted", "deep");
  mkdirSync(folder, { recursive: true });
  const secret = "Planted-canary-0123456789";
  const spellings = {
    text: `a line\nwith --token=${secret}`,
    "base64+": `x: ${Buffer.from(`user:${secret}`).toString("base64")}`,
    URL: encodeURIComponent(`${secret}/?`),
    hex: Buffer.from(secret).toString("hex"),
    JSON: JSON.stringify({ secret }),
  };
  for (const [as, text] of Object.entries(spellings)) {
    writeFileSync(join(folder, "file"), text);
    const [found] = findUnder(join(bench.folder, "planted"), { mine: secret });
    assert.match(found ?? "nothing", /^mine as .* in .*planted\/deep\/file/, as);
  }
  for (let before = 0; before < 3; before++) {
    const text = Buffer.from("é".repeat(before) + "x".repeat(before) + secret).toString("base64");
    assert.notDeepEqual(findIn(text, "here", { mine: secret }), [], `base64 after ${before}`);
  }
  assert.deepEqual(findIn("Planted-canary is not all of it", "here", { mine: secret }), []);
});

test("a deployment and an upgrade under load say nothing of a secret", async () => {
  const { stack } = scenario;
  printed.push((await stack.up()).output);
  for (const [what, [name, key]] of Object.entries(NAMES)) {
    const path = `/api/v1/namespaces/default/secrets/${name}`;
    const text = Buffer.from(
      (await bench.api.get<Secret>(path)).data?.[key] ?? "",
      "base64",
    ).toString("utf8");
    canaries[what] = text.split(":").at(-1)?.trim() ?? "";
    assert.ok((canaries[what] ?? "").length >= 20, what);
  }
  canaries["kubeconfig's token"] = /token: (\S+)/.exec(runnersKubeconfig())?.[1] ?? "";
  const fleet = await bench.connect(scenario, 20, 2);
  await scenario.setImage("emqx/emqx:6.1.0");
  const report = await scenario.measure(fleet, "emqx/emqx:6.1.0");
  await fleet.stop();
  writeReport(report, join(bench.folder, "report"));
  assert.deepEqual(findUnder(join(bench.folder, "report"), canaries), []);
  await lookAround();
});

test("nor do failures: a rejected setting, a green that crashes, a kubeconfig that cannot be read", async () => {
  const { stack } = scenario;
  const rejected = { data: 'mqtt { max_packet_size = "nonsense" }' };
  const crashing = { spec: { env: [{ name: "EMQX_NODE__ROLE", value: "nonsense" }] } };
  for (const change of [
    spec({ config: rejected }),
    spec({ coreTemplate: crashing, updateStrategy: { progressDeadlineSeconds: 12 } }),
    spec({}, `apiVersion: v1\n  ${canaries.kubeconfig}: [}\n${canaries.kubeconfig}`),
  ]) {
    await stack.setSecret("spec", change);
    const { code, output } = await stack.startUp(["--skip-preview"]).result;
    assert.notEqual(code, 0, output);
    assert.match(output, /EMQX_/);
    printed.push(output);
    await lookAround();
  }
});

test("nor do a refresh, a preview with all differences, and a destroy", async () => {
  const { stack } = scenario;
  await stack.setSecret("spec", spec({}));
  printed.push((await stack.up()).output);
  printed.push((await stack.refresh()).output);
  printed.push((await stack.preview(["--diff"])).output);
  const state = await stack.export();
  assert.match(state, /ciphertext/);
  printed.push(state);
  printed.push((await stack.destroy()).output);
  await lookAround();

  assert.deepEqual(findIn(printed.join("\n"), "what the CLI printed", canaries), []);
  assert.deepEqual(findIn(cluster.join("\n"), "objects of the cluster", canaries), []);
  const commands = await watch.end();
  assert.ok(commands.some((line) => line.startsWith("pulumi ")));
  assert.deepEqual(findIn(commands.join("\n"), "arguments of processes", canaries), []);
});

/** State, settings and logs on disk now; what the cluster shows is kept and searched at the end. */
async function lookAround(): Promise<void> {
  const { dir, env } = bench.sandbox;
  const state = (env.PULUMI_BACKEND_URL ?? "").replace("file://", "");
  assert.deepEqual(findUnder(state, canaries), []);
  assert.deepEqual(findUnder(join(dir, "logs"), canaries), []);
  for (const path of NO_SECRETS) cluster.push(JSON.stringify(await bench.api.get(path)));
}
