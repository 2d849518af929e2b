import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { load, loadAll } from "js-yaml";
import { argsFromCustomResource } from "../../components/custom-resource/args-from-custom-resource";
import { isEmqxError } from "../../components/errors";

const FIXTURES = join(__dirname, "..", "fixtures", "custom-resources");
const text = (name: string) => readFileSync(join(FIXTURES, name), "utf8");
const fromFile = (name: string) => argsFromCustomResource(load(text(name)));

const emqx = (spec: object, metadata: object = {}, version = "v2beta1") =>
  argsFromCustomResource({
    apiVersion: `apps.emqx.io/${version}`,
    kind: "EMQX",
    metadata: { name: "emqx", ...metadata },
    spec,
  }).args as unknown as Record<string, unknown>;

const enterprise = (spec: object, metadata: object = {}) =>
  argsFromCustomResource({
    apiVersion: "apps.emqx.io/v1beta4",
    kind: "EmqxEnterprise",
    metadata: { name: "emqx-ee", ...metadata },
    spec,
  }).args as unknown as Record<string, unknown>;

const template = (container: object = {}) => ({
  spec: { emqxContainer: { image: { version: "4.4.14" }, ...container } },
});

test("document 000: the licence leaves the configuration, the rest is taken as it is", () => {
  assert.deepEqual(fromFile("000-v2beta1.yaml"), {
    kind: "EmqxCluster",
    name: "emqx-ee",
    args: {
      name: "emqx-ee",
      image: "emqx/emqx:6.0.1",
      license: "...",
      updateStrategy: {
        evacuationStrategy: { connEvictRate: 1000, sessEvictRate: 1000, waitTakeover: 10 },
        initialDelaySeconds: 10,
        type: "Recreate",
      },
    },
  });
});

test("document 001 in both spellings", () => {
  const { kind, args } = fromFile("001-v2beta1.yaml");
  assert.deepEqual([kind, (args as { image: string }).image], ["EmqxCluster", "emqx:5"]);
  const older = fromFile("001-v1beta4.yaml");
  assert.equal(older.kind, "EmqxEnterprise");
  assert.deepEqual(older.args, {
    name: "emqx-ee",
    blueGreenUpdate: {
      initialDelaySeconds: 60,
      evacuationStrategy: { waitTakeover: 5, connEvictRate: 200, sessEvictRate: 200 },
    },
    template: {
      spec: { emqxContainer: { image: { repository: "emqx/emqx-ee", version: "4.4.14" } } },
    },
  });
});

test("document 002: licence, ports and NodePort of EMQX 4.4", () => {
  const { kind, args } = fromFile("002-v1beta4.yaml");
  assert.equal(kind, "EmqxEnterprise");
  const { license, serviceTemplate } = args as unknown as {
    license: { stringData: string };
    serviceTemplate: { spec: { ports: { nodePort: number }[] } };
  };
  assert.match(license.stringData, /^-----BEGIN CERTIFICATE-----\n/);
  assert.equal(serviceTemplate.spec.ports[0]?.nodePort, 32010);
});

test("document 003: its fragment is that of 001, with the same goals", () => {
  const parts = loadAll(text("003-fragment.yaml")).filter((part) => part) as Record<
    string,
    unknown
  >[];
  const fragment = Object.assign({}, ...parts) as { apiVersion: string; spec: object };
  assert.equal(fragment.apiVersion, "apps.emqx.io/v1beta4");
  const whole = load(text("001-v1beta4.yaml")) as { spec: object };
  const { args } = argsFromCustomResource({ ...whole, spec: { ...whole.spec, ...fragment.spec } });
  assert.deepEqual(args, fromFile("001-v1beta4.yaml").args);
});

test("document 004: three cores and three replicants by default", () => {
  assert.deepEqual(fromFile("004-v2alpha1.yaml").args, {
    name: "emqx",
    image: "emqx/emqx:5.0.6",
    coreTemplate: { spec: { replicas: 3 } },
    replicantTemplate: { spec: { replicas: 3 } },
  });
});

test("v2alpha1's spellings become those of v2beta1", () => {
  const spec = {
    image: "emqx/emqx:5.0.6",
    bootstrapConfig: "mqtt.max_packet_size = 2MB",
    securityContext: { runAsUser: 7 },
    coreTemplate: { spec: { persistent: { accessModes: [] }, Containers: [{ name: "a" }] } },
    replicantTemplate: { spec: { replicas: 0, securityContext: { runAsUser: 8 } } },
  };
  const args = emqx(spec, {}, "v2alpha1");
  assert.deepEqual(args.config, { data: "mqtt.max_packet_size = 2MB" });
  assert.deepEqual(args.coreTemplate, {
    spec: {
      replicas: 3,
      podSecurityContext: { runAsUser: 7 },
      volumeClaimTemplates: { accessModes: [] },
      extraContainers: [{ name: "a" }],
    },
  });
  assert.deepEqual(args.replicantTemplate, {
    spec: {
      replicas: 0,
      podSecurityContext: { runAsUser: 7 },
      containerSecurityContext: { runAsUser: 8 },
    },
  });
});

test("the same field within and beside emqxTemplate is refused", () => {
  const spec = { image: "emqx/emqx:5.0.6", emqxTemplate: { image: "emqx/emqx:5.0.7" } };
  assert.throws(() => emqx(spec, {}, "v2alpha1"), /Expected only one of `image` and `emqxTemplate/);
});

const image = "emqx/emqx:6.1.0";
for (const [written, rest] of [
  ['license {\n  key = "abc"\n}\nmqtt { a = 1 }\n', "\nmqtt { a = 1 }\n"],
  ['mqtt { a = 1 }\nlicense = { key: "abc" }\n', "mqtt { a = 1 }\n\n"],
  ['license.key = "abc"\nlog.level = debug', "\nlog.level = debug"],
] as const) {
  test(`the licence is cut out of ${JSON.stringify(written)}`, () => {
    const args = emqx({ image, config: { data: written } });
    assert.equal(args.license, "abc");
    assert.deepEqual(args.config, { data: rest });
  });
}

for (const written of [
  'license { key = "abc", connection_low_watermark = "75%" }',
  'a { license { key = "abc" } }',
  '# license { key = "abc" }',
  'license.key = "abc"\nlicense.key = "def"',
]) {
  test(`the configuration stays as it is: ${JSON.stringify(written)}`, () => {
    const args = emqx({ image, config: { data: written } });
    assert.equal(args.license, undefined);
    assert.deepEqual(args.config, { data: written });
  });
}

test("name, namespace and labels are the resource's; what tells our objects apart is ours", () => {
  const metadata = {
    name: "broker",
    namespace: "iot",
    labels: { team: "a", "app.kubernetes.io/name": "x", "apps.emqx.io/instance": "broker" },
    uid: "1",
  };
  const coreTemplate = { metadata: { labels: { team: "b" } } };
  const args = emqx({ image, coreTemplate }, metadata);
  assert.equal(args.name, "broker");
  assert.equal(args.namespace, "iot");
  assert.deepEqual(args.coreTemplate, { metadata: { labels: { team: "b" } } });
  const plain = emqx({ image }, metadata);
  assert.deepEqual(plain.coreTemplate, { metadata: { labels: { team: "a" } } });
});

test("EmqxEnterprise puts labels and annotations on pods and Service", () => {
  const last = "kubectl.kubernetes.io/last-applied-configuration";
  const metadata = { labels: { team: "a" }, annotations: { note: "b", [last]: "{}" } };
  const args = enterprise({ template: template() }, metadata);
  const both = { labels: { team: "a" }, annotations: { note: "b" } };
  assert.deepEqual(args.serviceTemplate, { metadata: both });
  assert.deepEqual((args.template as { metadata: object }).metadata, both);
});

test("every field that cannot be honoured is named, all at once", () => {
  const spec = { image, license: "abc", coreTemplate: { spec: { replica: 3 } } };
  assert.throws(
    () => emqx(spec),
    (error: Error) =>
      isEmqxError(error) &&
      error.code === "EMQX_INVALID_ARGUMENT" &&
      /Unknown field `license`/.test(error.message) &&
      /Unknown field `coreTemplate\.spec\.replica`/.test(error.message),
  );
});

test("EMQX before 4.4.12 and EMQX 5 are no EmqxEnterprise", () => {
  for (const version of ["4.3.0", "4.4.11", "5.0.0", "latest"]) {
    assert.throws(
      () => enterprise({ template: template({ image: { version } }) }),
      /emqxContainer\.image\.version` to be a version of EMQX 4\.4/,
    );
  }
});

test("what is no custom resource of ours is told what was expected", () => {
  const other = { apiVersion: "apps.emqx.io/v1beta4", kind: "EmqxBroker", metadata: { name: "a" } };
  assert.throws(() => argsFromCustomResource({ ...other, spec: {} }), /got `EmqxBroker` of apps/);
  assert.throws(() => argsFromCustomResource("text"), /a parsed YAML or JSON object/);
  assert.throws(() => argsFromCustomResource({ kind: "EMQX" }), /`apiVersion` and `kind`/);
  assert.throws(
    () => argsFromCustomResource({ apiVersion: "a", kind: "EMQX", spec: {} }),
    /`metadata\.name` of the EMQX/,
  );
});
