import { FakeEmqx, nodeBody } from "../emqx/fake-emqx";
import { FakeApi, type Stored } from "../kubernetes/fake-api";
import { connect, type Connection } from "../../components/rollout/connect";
import { commonLabels, coreNodeName, names, oneColour } from "../../components/labels";
import type { KubernetesObject, SetManifests, Site } from "../../components/rollout/types";

export const site: Site = {
  name: "c",
  namespace: "ns",
  clusterDomain: "cluster.local",
  dashboardPort: 18083,
  apiKeySecret: { name: "c-bootstrap-api-key", key: "bootstrap_api_key" },
  licenseConfigured: true,
};

export const manifests = (revision: string, replicas: number): SetManifests => {
  const object = (apiVersion: string, kind: string, name: string): KubernetesObject => ({
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: "ns",
      labels: { ...commonLabels("c"), ...oneColour("c", revision) },
    },
  });
  return {
    configMap: object("v1", "ConfigMap", names.config("c", revision)),
    statefulSet: {
      ...object("apps/v1", "StatefulSet", names.coreSet("c", revision)),
      spec: { replicas },
    },
  };
};

/** A fake API server with fake nodes behind it, and a connection to both. */
export class World {
  readonly nodes = new Map<string, FakeEmqx>();

  private constructor(
    readonly api: FakeApi,
    readonly connection: Connection,
  ) {}

  static async start(): Promise<World> {
    const api = await new FakeApi().start();
    const connection = await connect(site, { kubeconfig: api.kubeconfig }, manifests);
    const world = new World(api, connection);
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
    for (const name of ["c-listeners", "c-dashboard"]) {
      this.api.put("services", { kind: "Service", metadata: { name }, spec: { ports: [] } });
    }
  }

  /** A set with running, Ready pods, and an EMQX in each. */
  async addSet(revision: string, replicas: number): Promise<void> {
    this.api.put("statefulsets", {
      kind: "StatefulSet",
      metadata: {
        name: names.coreSet("c", revision),
        labels: oneColour("c", revision),
        ...{ creationTimestamp: "2026-11-21T00:00:00Z" },
      },
      spec: {
        replicas,
        template: { spec: { containers: [{ name: "emqx", image: `emqx/emqx:${revision}` }] } },
      },
    });
    for (let i = 0; i < replicas; i += 1) await this.addPod(revision, i);
  }

  async addPod(revision: string, ordinal: number, status: object = READY): Promise<FakeEmqx> {
    const name = `${names.coreSet("c", revision)}-${ordinal}`;
    const pod: Stored = {
      kind: "Pod",
      metadata: { name, labels: oneColour("c", revision) },
      status,
    };
    this.api.put("pods", pod);
    const node = await new FakeEmqx(coreNodeName(site, name)).start();
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
