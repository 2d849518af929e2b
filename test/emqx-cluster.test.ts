import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { EmqxClusterArgs } from "../components";
import type * as components from "../components";

/** A child's inputs, as far as these tests look. */
interface Inputs {
  metadata: { name: string; namespace: string; annotations: Record<string, string> };
  spec: {
    selector?: object;
    publishNotReadyAddresses?: boolean;
    type?: string;
    minAvailable?: number;
    maxUnavailable?: number;
    ports: { name: string; port: number; protocol?: string; nodePort?: number }[];
  };
  stringData: Record<string, string>;
  image: string;
  updateStrategy: object;
  services: object;
  licenseDigest: string;
  licenseFacts?: object;
  apiKeysDigest: string;
  replicantTemplate?: object;
}

type Registered = pulumi.runtime.MockResourceArgs;

/** Plain value behind an output. */
const value = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => output.apply((plain) => resolve(plain)));

describe("EmqxCluster", () => {
  const registered: Registered[] = [];
  let subject: typeof components;

  before(async () => {
    await pulumi.runtime.setMocks(
      {
        newResource(args) {
          registered.push(args);
          return { id: `${args.name}-id`, state: stateOf(args) };
        },
        call: ({ inputs }) => inputs,
      },
      "project",
      "stack",
      false,
    );
    subject = await import("../components/index.js");
  });

  function stateOf({ type, inputs, name }: Registered): Record<string, unknown> {
    if (type.includes("RandomPassword")) return { ...inputs, result: `random-of-${name}` };
    const metadata = { ...inputs.metadata, uid: `uid-of-${name}`, resourceVersion: "7" };
    if (type.endsWith(":Rollout")) {
      return { ...inputs, phase: "Done", currentRevision: "abc", status: {}, lastRollout: {} };
    }
    return { ...inputs, metadata };
  }

  /** Makes a cluster and gives what was registered for it, by logical name. */
  async function make(name: string, args: Partial<EmqxClusterArgs> = {}) {
    const cluster = new subject.EmqxCluster(name, { image: "emqx/emqx:6.1.0", ...args });
    await value(cluster.currentRevision);
    await value(cluster.dashboardUrl);
    await new Promise((resolve) => setImmediate(resolve));
    const child = (what: string): Inputs => {
      const found = registered.find((each) => each.name === `${name}-${what}`);
      assert.ok(found, `expected a child ${name}-${what}`);
      return plain(found.inputs) as Inputs;
    };
    return { cluster, child };
  }

  /** Without the envelopes of secrets. */
  function plain(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(plain);
    if (typeof node !== "object" || node === null) return node;
    if ("4dabf18193072939515e22adb298388d" in node) {
      return plain((node as Record<string, unknown>).value);
    }
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, plain(item)]));
  }

  test("names its children after itself and gives them physical names", async () => {
    const { child } = await make("names", { namespace: "mqtt", license: "evaluation" });
    const physical = (what: string) => {
      const { metadata } = child(what);
      return `${metadata.namespace}/${metadata.name}`;
    };
    assert.equal(physical("node-cookie"), "mqtt/names-node-cookie");
    assert.equal(physical("bootstrap-api-key"), "mqtt/names-bootstrap-api-key");
    assert.equal(physical("dashboard-admin"), "mqtt/names-dashboard-admin");
    assert.equal(physical("license"), "mqtt/names-license");
    assert.equal(physical("headless"), "mqtt/names-headless");
    assert.equal(physical("listeners"), "mqtt/names-listeners");
    assert.equal(physical("dashboard"), "mqtt/names-dashboard");
    assert.equal(physical("core"), "mqtt/names-core");
    assert.equal(physical("service-account"), "mqtt/names");
  });

  test("leaves the selector of the listeners and the dashboard to the rollout", async () => {
    const { child } = await make("selectors");
    for (const what of ["listeners", "dashboard"]) {
      const { spec, metadata } = child(what);
      assert.equal("selector" in spec, false, what);
      assert.equal(metadata.annotations["pulumi.com/skipAwait"], "true", what);
    }
    assert.deepEqual(child("headless").spec.selector, {
      "app.kubernetes.io/name": "emqx",
      "app.kubernetes.io/instance": "selectors",
      "app.kubernetes.io/component": "core",
    });
    assert.equal(child("headless").spec.publishNotReadyAddresses, true);
  });

  test("waits for the address of a load balancer, and only for that", async () => {
    const { child } = await make("balancer", {
      listenersServiceTemplate: { spec: { type: "LoadBalancer" } },
    });
    const { annotations } = child("listeners").metadata;
    assert.equal(annotations["pulumi.com/waitFor"], "jsonpath={.status.loadBalancer.ingress}");
    assert.equal(annotations["pulumi.com/skipAwait"], undefined);
  });

  test("takes the ports from the configuration, the user's own first", async () => {
    const { child } = await make("ports", {
      config: {
        data: 'listeners.tcp.extra.bind = "0.0.0.0:2883"\nlisteners.ws.default.enable = false',
        roots: { listeners: { quic: { default: { bind: 14567, enable: true } } } },
      },
      listenersServiceTemplate: {
        spec: {
          type: "NodePort",
          ports: [{ name: "mqtt", port: 1883, targetPort: 1883, nodePort: 32010 }],
        },
      },
    });
    const { ports, type } = child("listeners").spec;
    assert.equal(type, "NodePort");
    assert.deepEqual(
      ports.map((port) => [port.name, port.port, port.protocol, port.nodePort]),
      [
        ["mqtt", 1883, undefined, 32010],
        ["ssl-default", 8883, "TCP", undefined],
        ["wss-default", 8084, "TCP", undefined],
        ["tcp-extra", 2883, "TCP", undefined],
        ["quic-default", 14567, "UDP", undefined],
      ],
    );
  });

  test("passes the user's arguments and the Services' identity to the rollout, but no secret", async () => {
    const { child } = await make("inputs", {
      license: "key-of-the-licence",
      bootstrapAPIKeys: [{ key: "mine", secret: "hidden-secret" }],
      updateStrategy: { evacuationStrategy: { connEvictRate: 100 } },
    });
    const rollout = child("rollout");
    assert.equal(rollout.image, "emqx/emqx:6.1.0");
    assert.deepEqual(rollout.updateStrategy, { evacuationStrategy: { connEvictRate: 100 } });
    assert.deepEqual(rollout.services, {
      listeners: { uid: "uid-of-inputs-listeners", resourceVersion: "7" },
      dashboard: { uid: "uid-of-inputs-dashboard", resourceVersion: "7" },
    });
    assert.match(rollout.licenseDigest, /^[0-9a-f]{16}$/);
    assert.match(rollout.apiKeysDigest, /^[0-9a-f]{16}$/);
    const text = JSON.stringify({ ...rollout, __provider: "" });
    for (const secret of ["key-of-the-licence", "hidden-secret", "random-of-"]) {
      assert.equal(text.includes(secret), false, secret);
    }
    assert.equal(
      child("bootstrap-api-key").stringData.bootstrap_api_key,
      "mine:hidden-secret\npulumi-emqx:random-of-inputs-bootstrap-api-key-value\n",
    );
  });

  test("gives the cluster's secrets to Pulumi as secrets", async () => {
    const { cluster } = await make("secrets", { kubeconfig: "apiVersion: v1" });
    const rollout = registered.find((each) => each.name === "secrets-rollout");
    assert.ok("4dabf18193072939515e22adb298388d" in rollout?.inputs.kubeconfig);
    assert.equal(await pulumi.isSecret(cluster.adminPassword), true);
    assert.equal(await value(cluster.adminPassword), "random-of-secrets-dashboard-admin-value");
  });

  test("uses the user's ServiceAccount and budget", async () => {
    const { child } = await make("custom", {
      serviceAccountName: "mine",
      coreTemplate: { spec: { replicas: 3, minAvailable: 2 } },
    });
    assert.throws(() => child("service-account"), /expected a child/);
    assert.equal(child("core").spec.minAvailable, 2);
    assert.equal("maxUnavailable" in child("core").spec, false);
  });

  test("takes replicants: their budget, their listeners, the rollout's input", async () => {
    const replicantTemplate = {
      spec: {
        replicas: 3,
        minAvailable: 2,
        env: [{ name: "EMQX_LISTENERS__TCP__DEFAULT__BIND", value: "11883" }],
      },
    };
    const { child } = await make("roles", { replicantTemplate });
    const budget = child("replicant");
    assert.equal(budget.metadata.name, "roles-replicant");
    assert.equal(budget.spec.minAvailable, 2);
    assert.deepEqual(budget.spec.selector, {
      matchLabels: {
        "app.kubernetes.io/name": "emqx",
        "app.kubernetes.io/instance": "roles",
        "app.kubernetes.io/component": "replicant",
      },
    });
    assert.equal(child("core").spec.maxUnavailable, 1);
    assert.deepEqual(child("rollout").replicantTemplate, replicantTemplate);
    const tcp = child("listeners").spec.ports.find(({ name }) => name === "tcp-default");
    assert.equal(tcp?.port, 11883);
    // Discovery finds cores only.
    const { selector } = child("headless").spec;
    assert.equal(Object(selector)["app.kubernetes.io/component"], "core");
  });

  test("without replicants there is one budget", async () => {
    const { child } = await make("cores-only");
    assert.throws(() => child("replicant"), /expected a child/);
  });

  test("tells the rollout what the licence allows, from wherever it is given", async () => {
    const argument = await make("licence-a", { license: pulumi.secret("evaluation") });
    const facts = { type: "evaluation", maxSessions: 25 };
    assert.deepEqual(argument.child("rollout").licenseFacts, facts);
    const registration = registered.find(({ name }) => name === "licence-a-rollout");
    assert.deepEqual(registration?.inputs.licenseFacts, facts, "facts are no secret");
    const text = await make("licence-b", { config: { data: 'license { key = "default" }' } });
    assert.equal(Object(text.child("rollout").licenseFacts).type, "single-node");
    const none = await make("licence-c");
    assert.equal(none.child("rollout").licenseFacts, undefined);
  });

  test("a release without licences gets none", async () => {
    const { child } = await make("open", { image: "emqx/emqx:5.0.6", license: "evaluation" });
    assert.equal(child("rollout").licenseDigest, undefined);
    assert.equal(child("rollout").licenseFacts, undefined);
  });

  test("makes the monitoring objects when they are asked for", async () => {
    const { child } = await make("watched", { monitoring: { prometheusRule: false } });
    const kinds = (Object(child("monitoring")).objects as { kind: string }[]).map(
      ({ kind }) => kind,
    );
    assert.deepEqual(kinds, ["PodMonitor"]);
    assert.equal(child("grafana-dashboard").metadata.name, "watched-grafana-dashboard");
    const plain = await make("unwatched");
    assert.throws(() => plain.child("monitoring"), /expected a child/);
  });

  test("omits the dashboard Service when it is disabled", async () => {
    const { child, cluster } = await make("headless-only", {
      dashboardServiceTemplate: { enabled: false },
    });
    assert.throws(() => child("dashboard"), /expected a child/);
    assert.equal(await value(cluster.dashboardService), undefined);
  });

  test("two clusters in one namespace share no name", async () => {
    await make("twin-a");
    await make("twin-b");
    const names = registered
      .filter(({ name, inputs }) => name.startsWith("twin-") && inputs.metadata?.name)
      .map(({ type, inputs }) => `${type} ${inputs.metadata.namespace}/${inputs.metadata.name}`);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length >= 16);
  });

  test("refuses bad arguments all at once, before any child exists", () => {
    const count = registered.length;
    assert.throws(
      () =>
        new subject.EmqxCluster("bad", {
          image: "emqx/emqx:6.1.0",
          coreTemplate: { spec: { replicas: 0 } },
          replicantTemplate: { spec: { replicas: -1 } },
          ...{ replcas: 3 },
        }),
      (error: Error) => {
        assert.ok(subject.isEmqxError(error));
        assert.match(error.message, /^EMQX_INVALID_ARGUMENT: EmqxCluster "bad"/);
        assert.match(error.message, /Unknown field `replcas`/);
        assert.match(error.message, /`coreTemplate.spec.replicas` to be an integer from 1/);
        assert.match(error.message, /`replicantTemplate.spec.replicas` to be an integer from 0/);
        return true;
      },
    );
    assert.equal(registered.slice(count).filter(({ name }) => name.startsWith("bad-")).length, 0);
  });

  test("judges only what is known while the program runs", async () => {
    const { child } = await make("late", {
      image: pulumi.output(Promise.resolve("emqx/emqx:6.2.0")),
      coreTemplate: pulumi.output({ spec: { replicas: 3 } }),
    });
    assert.equal(child("rollout").image, "emqx/emqx:6.2.0");
  });
});
