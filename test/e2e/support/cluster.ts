import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FleetOptions } from "../../../sandbox/load/options";
import type { FleetProcess } from "../../../sandbox/load/process";
import { deniedTo } from "../../../sandbox/measure/access";
import type { ClusterNode } from "../../../sandbox/measure/emqx-api";
import type { WatchedService, WatchedSet } from "../../../sandbox/measure/objects";
import type { Watched } from "../../../sandbox/measure/observer";
import { KubeClient } from "../../../sandbox/node-agent/kube/client";
import type { KubeObject, Pod, Secret } from "../../../sandbox/node-agent/kube/types";
import { processAddress } from "../../../sandbox/node-agent/network/addresses";
import { sandboxDown, sandboxUp, type Sandbox } from "../../../sandbox/sandbox";
import { Scenario, type ScenarioOptions } from "../../../sandbox/scenario";

/** Label that tells colours apart. */
export const REVISION = "emqx.io/revision";

/** User agent of the rollout's own requests, as the audit log has it. */
export const ROLLOUT = /^pulumi-emqx\b/;

/** API groups by plural, of everything that a cluster of ours may leave in its namespace. */
const GROUPS = {
  pods: "/api/v1",
  configmaps: "/api/v1",
  secrets: "/api/v1",
  services: "/api/v1",
  endpoints: "/api/v1",
  serviceaccounts: "/api/v1",
  persistentvolumeclaims: "/api/v1",
  statefulsets: "/apis/apps/v1",
  controllerrevisions: "/apis/apps/v1",
  poddisruptionbudgets: "/apis/policy/v1",
  leases: "/apis/coordination.k8s.io/v1",
  endpointslices: "/apis/discovery.k8s.io/v1",
};

/** Small and quick, so that an upgrade takes about 20 s. */
const QUICK = {
  image: "emqx/emqx:6.0.1",
  replicas: 3,
  connEvictRate: 40,
  sessEvictRate: 40,
  initialDelaySeconds: 1,
  waitTakeover: 2,
};

/** A sandbox in a folder of its own, which goes with it. */
export class Bench {
  /** Set by tests that take rights away: otherwise nothing that Pulumi does may be denied. */
  mayBeDenied = false;
  private readonly abort = new AbortController();
  private readonly fleets: FleetProcess[] = [];

  static async open(): Promise<Bench> {
    const parent = mkdtempSync(join(tmpdir(), "pulumi-emqx-e2e-"));
    const dir = join(parent, "sandbox");
    try {
      const sandbox = await sandboxUp({ dir });
      return new Bench(parent, sandbox, await KubeClient.fromFile(sandbox.kubeconfig));
    } catch (error) {
      await sandboxDown({ dir, purge: true });
      rmSync(parent, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    /** Folder for anything that has to go when the bench is closed. */
    readonly folder: string,
    readonly sandbox: Sandbox,
    readonly api: KubeClient,
  ) {}

  /** A configured stack, three nodes with a quick evacuation unless told otherwise. */
  async scenario(stack: string, options: Partial<ScenarioOptions> = {}): Promise<Scenario> {
    const { sandbox, abort } = this;
    const scenario = new Scenario({ ...QUICK, ...options, sandbox, stack, signal: abort.signal });
    await scenario.configure();
    return scenario;
  }

  /** Connects a fleet that ends with the bench, should a test fail before it ends it. */
  async connect(
    scenario: Scenario,
    clients: number,
    offline: number,
    more: Partial<FleetOptions> = {},
  ): Promise<FleetProcess> {
    // Few messages: a session whose client is away keeps 1000, and a busy machine may need minutes.
    const fleet = await scenario.connect({ messagesPerSecond: 50, ...more, clients, offline });
    this.fleets.push(fleet);
    return fleet;
  }

  /** Ends everything that was started; for `after`, so also when a test failed. */
  async close(): Promise<void> {
    this.abort.abort();
    await Promise.allSettled(this.fleets.map((fleet) => fleet.stop()));
    const { auditLog } = this.sandbox;
    const denied = existsSync(auditLog) ? deniedTo(auditLog) : [];
    await sandboxDown({ dir: this.sandbox.dir, purge: true });
    rmSync(this.folder, { recursive: true, force: true });
    if (denied.length === 0 || this.mayBeDenied) return;
    throw new Error(
      `Expected deploy/role.yaml to grant what was done, denied were:\n${denied.join("\n")}`,
    );
  }

  async list<T extends KubeObject>(
    plural: keyof typeof GROUPS,
    { namespace, cluster }: Pick<Watched, "namespace"> & { cluster?: string },
  ): Promise<T[]> {
    const path = `${GROUPS[plural]}/namespaces/${namespace}/${plural}`;
    const selector = cluster ? `?labelSelector=app.kubernetes.io/instance=${cluster}` : "";
    const { items } = await this.api.get<{ items: T[] | null }>(path + selector);
    return items ?? [];
  }

  pods(watched: Watched): Promise<Pod[]> {
    return this.list<Pod>("pods", watched);
  }

  sets(watched: Watched): Promise<WatchedSet[]> {
    return this.list<WatchedSet>("statefulsets", watched);
  }

  service({ namespace, cluster }: Watched, which: string): Promise<WatchedService> {
    return this.api.get(`/api/v1/namespaces/${namespace}/services/${cluster}-${which}`);
  }

  /** `plural/name` of everything in a namespace but events, which expire by themselves. */
  async everythingIn(namespace: string): Promise<string[]> {
    const names = Object.keys(GROUPS).map(async (plural) => {
      const objects = await this.list(plural as keyof typeof GROUPS, { namespace });
      return objects.map(({ metadata }) => `${plural}/${metadata.name}`);
    });
    return (await Promise.all(names)).flat().sort();
  }

  /** `/api/v5/nodes` as one node answers it. */
  async nodesSeenBy(watched: Watched, pod: Pod): Promise<ClusterNode[]> {
    return (await this.emqx(watched, pod, "/nodes")) as ClusterNode[];
  }

  /** One call to a node's API with the rollout's own key; the JSON that it answers. */
  async emqx(
    watched: Watched,
    pod: Pod,
    path: string,
    request: RequestInit = {},
  ): Promise<unknown> {
    const key = await this.apiKey(watched);
    const authorization = `Basic ${Buffer.from(`pulumi-emqx:${key}`).toString("base64")}`;
    const url = `http://${processAddress(pod.status?.podIP ?? "")}:18083/api/v5${path}`;
    const headers = { authorization, accept: "application/json", ...request.headers };
    const response = await fetch(url, { ...request, headers });
    const text = await response.text();
    if (response.ok) return text === "" ? undefined : (JSON.parse(text) as unknown);
    throw new Error(`${request.method ?? "GET"} ${url} answered ${response.status}: ${text}`);
  }

  /** Ends the sessions that fleets have left: the next upgrade would have to move them too. */
  async forgetSessions(watched: Watched): Promise<void> {
    const pod = (await this.pods(watched)).find(isReady);
    if (!pod) throw new Error("Expected a node that is Ready.");
    for (;;) {
      const page = await this.emqx(watched, pod, "/clients?limit=200");
      const { data } = page as { data: { clientid: string }[] };
      if (data.length === 0) return;
      await Promise.all(
        data.map(({ clientid }) =>
          this.emqx(watched, pod, `/clients/${clientid}`, { method: "DELETE" }),
        ),
      );
    }
  }

  private async apiKey({ namespace, cluster }: Watched): Promise<string> {
    const secret = `/api/v1/namespaces/${namespace}/secrets/${cluster}-bootstrap-api-key`;
    const { data } = await this.api.get<Secret>(secret);
    const file = Buffer.from(data?.bootstrap_api_key ?? "", "base64").toString("utf8");
    return /^pulumi-emqx:([^:\n]+)/m.exec(file)?.[1] ?? "";
  }
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;
}

/** Asks again until the answer is good or the time is up; returns the last answer. */
export async function eventually<T>(
  ask: () => Promise<T>,
  good: (answer: T) => boolean,
  seconds = 60,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (good(answer) || Date.now() > deadline) return answer;
    await sleep(250);
  }
}
