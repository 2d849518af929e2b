import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type * as components from "../../components";
import type { EmqxEnterpriseArgs } from "../../components/enterprise/args";
import { validateRollout } from "../../components/rollout/validate-inputs";
import type { RolloutInputs } from "../../components/rollout/inputs";

type Registered = pulumi.runtime.MockResourceArgs;

const SECRET = "4dabf18193072939515e22adb298388d";
const registered: Registered[] = [];
let subject: typeof components;

before(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource(args) {
        registered.push(args);
        return { id: args.id ?? `${args.name}-id`, state: stateOf(args) };
      },
      call: ({ inputs }) => inputs,
    },
    "project",
    "stack",
  );
  subject = await import("../../components/index.js");
});

function stateOf({ type, inputs, name, id }: Registered): Record<string, unknown> {
  if (type.includes("RandomPassword")) return { ...inputs, result: `random-of-${name}` };
  if (type.endsWith(":Rollout")) {
    return { ...inputs, currentRevision: "abc", status: {}, lastRollout: {} };
  }
  const read = id === "default/mine" ? { data: { "any.name": "bGljZW5jZQ==" } } : {};
  const metadata = { ...inputs.metadata, uid: `uid-of-${name}`, resourceVersion: "7" };
  return { ...inputs, ...read, metadata };
}

const image = { version: "4.4.14" };
const template = (container: object = {}) => ({
  spec: { emqxContainer: { image, ...container } },
});

const value = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => output.apply((plain) => resolve(plain)));

async function make(name: string, args: Partial<EmqxEnterpriseArgs> = {}) {
  const cluster = new subject.EmqxEnterprise(name, { template: template(), ...args });
  await value(cluster.currentRevision);
  await new Promise((resolve) => setImmediate(resolve));
  const raw = (what: string) => registered.find((each) => each.name === `${name}-${what}`)?.inputs;
  const child = <T = Record<string, unknown>>(what: string): T => {
    const found: unknown = raw(what);
    assert.ok(found, `expected a child ${name}-${what}`);
    return plain(found) as T;
  };
  return { cluster, child, raw, inputs: () => child<RolloutInputs>("rollout") };
}

/** Without the envelopes of secrets. */
function plain(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(plain);
  if (typeof node !== "object" || node === null) return node;
  if (SECRET in node) return plain((node as Record<string, unknown>).value);
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, plain(item)]));
}

interface Service {
  metadata: { name: string };
  spec: { type?: string; selector?: object; ports: { name: string; port: number }[] };
}

test("one Service, its ports the user's first, without a selector", async () => {
  const ports = [{ name: "mqtt-tcp-1883", port: 1883, targetPort: 1883, nodePort: 32010 }];
  const { child, cluster } = await make("service", {
    serviceTemplate: { metadata: { name: "mqtt" }, spec: { type: "NodePort", ports } },
  });
  const { metadata, spec } = child<Service>("service");
  assert.equal(metadata.name, "mqtt");
  assert.equal(spec.type, "NodePort");
  assert.equal("selector" in spec, false);
  assert.deepEqual(spec.ports[0], ports[0]);
  assert.deepEqual(
    spec.ports.map(({ port }) => port),
    [1883, 8883, 8083, 8084, 8081, 18083],
  );
  assert.equal(await value(cluster.dashboardUrl), "http://mqtt.default.svc.cluster.local:18083");
  assert.equal((await make("plain")).child<Service>("service").metadata.name, "plain");
});

test("keys and passwords are in Secrets and nowhere in the rollout's inputs", async () => {
  const { child, raw, inputs } = await make("secrets", {
    license: { stringData: "the-licence" },
    template: template({
      bootstrapAPIKeys: [{ key: "mine", secret: "the-secret" }],
      emqxConfig: { "dashboard.default_user.password": "the-password", "log.level": "debug" },
    }),
  });
  const files = (what: string) => child<{ stringData: Record<string, string> }>(what).stringData;
  assert.equal(
    files("bootstrap-api-key").bootstrap_user,
    "mine:the-secret\npulumi-emqx:random-of-secrets-bootstrap-api-key-value\n",
  );
  assert.deepEqual(files("dashboard-admin"), { username: "admin", password: "the-password" });
  assert.deepEqual(files("license"), { "emqx.lic": "the-licence" });
  assert.doesNotMatch(JSON.stringify(raw("rollout")), /the-(secret|password|licence)/);
  const { enterprise, apiKeysDigest, image: whole } = inputs();
  assert.equal(whole, "emqx/emqx-ee:4.4.14");
  assert.match(String(apiKeysDigest), /^[0-9a-f]{16}$/);
  assert.match(String(enterprise?.licenseDigest), /^[0-9a-f]{16}$/);
  assert.match(String(enterprise?.passwordDigest), /^[0-9a-f]{16}$/);
  assert.deepEqual(enterprise?.template?.spec?.emqxContainer?.emqxConfig, { "log.level": "debug" });
});

test("without keys of one's own there is no digest of them, and no licence", async () => {
  const { inputs, child } = await make("bare");
  const { enterprise, apiKeysDigest } = inputs();
  assert.deepEqual(
    [apiKeysDigest, enterprise?.passwordDigest, enterprise?.license],
    [undefined, undefined, undefined],
  );
  const { password } = child<{ stringData: { password: string } }>("dashboard-admin").stringData;
  assert.equal(password, "random-of-bare-dashboard-admin-value");
});

test("a licence in a Secret of one's own is read, whatever its key is called", async () => {
  const { inputs } = await make("own", { license: { secretName: "mine" } });
  const { license, licenseDigest } = inputs().enterprise ?? {};
  assert.deepEqual(license, { secretName: "mine", key: "any.name" });
  assert.match(String(licenseDigest), /^[0-9a-f]{16}$/);
});

test("what it hands to the rollout passes the provider's check", async () => {
  const { inputs } = await make("checked", {
    license: { data: Buffer.from("x").toString("base64") },
    blueGreenUpdate: { initialDelaySeconds: 5 },
    updateStrategy: { gate: "manual" },
    serviceTemplate: { metadata: { name: "mqtt" } },
    persistent: { spec: { accessModes: ["ReadWriteOnce"] } },
  });
  assert.deepEqual(validateRollout(inputs()), []);
});

test("wrong arguments are told before anything is made", () => {
  assert.throws(
    () =>
      new subject.EmqxEnterprise("wrong", {
        template: template({ image: { version: "5.0.0" } }),
      } as EmqxEnterpriseArgs),
    /EMQX_INVALID_ARGUMENT: EmqxEnterprise "wrong".*4\.4/s,
  );
});

test("a custom resource makes the component of its kind, overrides win", async () => {
  const cr = {
    apiVersion: "apps.emqx.io/v1beta4",
    kind: "EmqxEnterprise",
    metadata: { name: "emqx-ee" },
    spec: { replicas: 3, template: template() },
  };
  const cluster = subject.clusterFromCustomResource("from-cr", cr, {
    replicas: 1,
    license: { stringData: pulumi.secret("the-licence") },
  });
  assert.ok(cluster instanceof subject.EmqxEnterprise);
  await value(cluster.currentRevision);
  const made = registered.find(({ name }) => name === "from-cr-rollout");
  const { name, enterprise } = plain(made?.inputs) as RolloutInputs;
  assert.deepEqual([name, enterprise?.replicas], ["emqx-ee", 1]);
});
