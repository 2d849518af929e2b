import { FakeEmqx, nodeBody } from "../emqx/fake-emqx";
import { FakeApi, type Stored } from "../kubernetes/fake-api";
import { connect, type Connection } from "../../components/rollout/connect";
import {
  commonLabels,
  CONFIG_DIGEST_ANNOTATION,
  coreNodeName,
  LICENSE_DIGEST_ANNOTATION,
  names,
  oneColour,
  replicantNodeName,
} from "../../components/labels";
import type {
  HotSettings,
  KubernetesObject,
  Manifests,
  Role,
  Site,
} from "../../components/rollout/types";

export const site: Site = {
  name: "c",
  namespace: "ns",
  clusterDomain: "cluster.local",
  dashboardPort: 18083,
  apiKeySecret: { name: "c-bootstrap-api-key", key: "bootstrap_api_key" },
  licenseConfigured: true,
};

export const manifests: Manifests = (role, revision, replicas) => {
  const object = (apiVersion: string, kind: string, name: string): KubernetesObject => ({
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: "ns",
      labels: { ...commonLabels("c"), ...oneColour("c", revision, role) },
    },
  });
  const configMap = object("v1", "ConfigMap", names.config("c", revision));
  configMap.metadata.annotations = {
    mine: "1",
    [CONFIG_DIGEST_ANNOTATION]: "config-new",
    [LICENSE_DIGEST_ANNOTATION]: "license-new",
  };
  const kind = role === "core" ? "StatefulSet" : "Deployment";
  return {
    configMap: { ...configMap, data: { "emqx.conf": "new" } },
    workload: { ...object("apps/v1", kind, setName(role, revision)), spec: { replicas } },
  };
};

export const settings: HotSettings = {
  hocon: 'mqtt.max_packet_size = 2MB\nauthentication.password = "hunter2"\n',
  mode: "merge",
  licenseSecret: { name: "c-license", key: "license" },
  digests: { config: "config-new", license: "license-new" },
};

export const setName = (role: Role, revision: string): string =>
  role === "core" ? names.coreSet("c", revision) : names.replicantSet("c", revision);

/** A fake API server with fake nodes behind it, and a connection to both. */
export class World {
  readonly nodes = new Map<string, FakeEmqx>();

  private constructor(
    readonly api: FakeApi,
    readonly connection: Connection,
    /** What was told to the user. */
    readonly warnings: string[],
  ) {}

  static async start(at: Site = site): Promise<World> {
    const api = await new FakeApi().start();
    const declared = { manifests, settings };
    const warnings: string[] = [];
    const sink = {
      status: () => undefined,
      milestone: () => undefined,
      warn: (text: string) => void warnings.push(text),
    };
    const connection = await connect(at, { kubeconfig: api.kubeconfig }, declared, sink);
    const world = new World(api, connection, warnings);
    world.reset();
    return world;
  }

  reset(): void {
    this.api.objects.clear();
    this.api.requests.length = 0;
    this.api.intercept = undefined;
    this.api.put("secrets", {
      kind: "Secret",
      metadata: { name: "c-bootstrap-api-key" },
      data: {
        bootstrap_api_key: Buffer.from("pulumi-emqx:s3cret\n").toString("base64"),
      },
    });
    this.api.put("secrets", {
      kind: "Secret",
      metadata: { name: "c-license" },
      data: { license: Buffer.from("l1cence-key\n").toString("base64") },
    });
    for (const name of ["c-listeners", "c-dashboard"]) {
      this.api.put("services", { kind: "Service", metadata: { name }, spec: { ports: [] } });
    }
  }

  /** A set with running, Ready pods, and an EMQX in each. */
  async addSet(revision: string, replicas: number, role: Role = "core"): Promise<void> {
    const kind = role === "core" ? "StatefulSet" : "Deployment";
    this.api.put(`${kind.toLowerCase()}s`, {
      kind,
      metadata: {
        name: setName(role, revision),
        labels: oneColour("c", revision, role),
        ...{ creationTimestamp: "2026-11-21T00:00:00Z" },
      },
      spec: {
        replicas,
        template: { spec: { containers: [{ name: "emqx", image: `emqx/emqx:${revision}` }] } },
      },
    });
    for (let i = 0; i < replicas; i += 1) {
      const status = role === "core" ? READY : { ...READY, podIP: `10.88.1.${i}` };
      await this.addPod(revision, i, status, role);
    }
  }

  async addPod(
    revision: string,
    ordinal: number,
    status: { phase?: string; podIP?: string } = READY,
    role: Role = "core",
  ): Promise<FakeEmqx> {
    const name = `${setName(role, revision)}-${ordinal}`;
    const pod: Stored = {
      kind: "Pod",
      metadata: { name, labels: oneColour("c", revision, role) },
      status,
    };
    this.api.put("pods", pod);
    const host = role === "core" ? coreNodeName(site, name) : replicantNodeName(status.podIP ?? "");
    const node = await new FakeEmqx(host).start();
    this.nodes.set(name, node);
    this.api.forwards.set(name, node.port);
    const all = [...this.nodes.values()].map((each) => nodeBody(each.node));
    for (const each of this.nodes.values()) {
      each.answers.set("GET /nodes", { status: 200, body: all });
    }
    return node;
  }

  /** The listeners Service selects this revision and lists its pods. */
  serve(revision: string, pods: string[]): void {
    this.api.put("services", {
      kind: "Service",
      metadata: { name: "c-listeners" },
      spec: { selector: oneColour("c", revision) },
    });
    this.api.put("endpointslices", {
      kind: "EndpointSlice",
      metadata: {
        name: "c-listeners-x",
        labels: { "kubernetes.io/service-name": "c-listeners" },
      },
      endpoints: pods.map((name) => ({
        conditions: { ready: true },
        targetRef: { kind: "Pod", name },
      })),
    });
  }

  async stop(): Promise<void> {
    await this.connection.close();
    for (const node of this.nodes.values()) await node.stop();
    await this.api.stop();
  }
}

export const READY = {
  phase: "Running",
  podIP: "10.88.0.1",
  conditions: [{ type: "Ready", status: "True" }],
  containerStatuses: [{ name: "emqx", ready: true, state: { running: {} } }],
};

export const CRASHING = {
  phase: "Running",
  conditions: [{ type: "Ready", status: "False" }],
  containerStatuses: [
    {
      name: "emqx",
      ready: false,
      restartCount: 3,
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s restarting" } },
      lastState: { terminated: { exitCode: 137, reason: "Error" } },
    },
  ],
};
