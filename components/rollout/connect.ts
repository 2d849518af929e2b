import { setTimeout as sleep } from "node:timers/promises";
import { EmqxError } from "../errors";
import { EmqxClient } from "../emqx/client";
import { EmqxHttp } from "../emqx/http";
import { KubernetesClient } from "../kubernetes/client";
import type { Credentials } from "../kubernetes/config";
import { isInCluster } from "../kubernetes/config";
import { type Dial, directDial, forwardDial } from "../kubernetes/port-forward";
import type { Pod, Secret } from "../kubernetes/shapes";
import { Actor } from "./act";
import { LeaseFence } from "./fence";
import { Observer } from "./observe";
import { ConfigMapRecordStore } from "./record";
import { evacuationsOf, type Snapshot } from "./snapshot";
import { teardown, type TeardownOptions } from "./teardown";
import type { Clock, Cluster, Fence, RecordStore, SetManifests, Sink, Site } from "./types";

/** A rollout's adapters to the real world; `close` ends every socket, so that the process can exit. */
export interface Connection {
  cluster: Cluster;
  records: RecordStore;
  fence: Fence;
  kube: KubernetesClient;
  clock: Clock;
  /** One look without any write. */
  snapshot(): Promise<Snapshot>;
  /** Deletes all colours, record and lease; never talks to EMQX. */
  teardown(log: (line: string) => void, options?: TeardownOptions): Promise<void>;
  close(): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => sleep(milliseconds),
};

/** Connects to the cluster at `site`; nothing is asked of it before the first use. */
export async function connect(
  site: Site,
  credentials: Credentials,
  manifests: (revision: string, replicas: number) => SetManifests,
  sink: Pick<Sink, "status"> = { status: () => undefined },
): Promise<Connection> {
  const kube = await KubernetesClient.open(credentials);
  const { namespace } = site;
  const { name, key } = site.apiKeySecret;
  const http = new EmqxHttp({
    dial: chooseDial(kube, namespace),
    port: site.dashboardPort,
    secret: `Secret ${namespace}/${name}, key ${key}`,
    readApiKeys: () => readSecret(kube, namespace, name, key),
  });
  const emqx = new EmqxClient(http);
  const observer = new Observer(site, kube, emqx);
  const actor = new Actor(site, kube, emqx, manifests);
  const records = new ConfigMapRecordStore(site, kube);
  return {
    cluster: {
      observe: (options) => observer.observe(options),
      act: (action) => actor.act(action),
    },
    records,
    fence: new LeaseFence(site, kube, systemClock, sink),
    kube,
    clock: systemClock,
    snapshot: async () => {
      const [observation, record] = await Promise.all([
        observer.observe({ preflight: false }),
        // A store of its own: looking must not disturb what a rollout has loaded.
        new ConfigMapRecordStore(site, kube).load(),
      ]);
      return { observation, record, evacuations: await evacuationsOf(observation, emqx) };
    },
    teardown: (log, options) => teardown(site, kube, log, options),
    close: async () => {
      await Promise.all([http.close(), kube.close()]);
    },
  };
}

/** Inside the cluster pods are dialled directly, unless a network policy forbids it. */
function chooseDial(kube: KubernetesClient, namespace: string): Dial {
  const forward = forwardDial(kube.config, namespace);
  if (!isInCluster(kube.config)) return forward;
  return async (pod, port) => {
    const found = await kube.get<Pod>({ kind: "Pod", namespace, name: pod });
    const direct = directDial(() => found?.status?.podIP);
    return direct(pod, port).catch(() => forward(pod, port));
  };
}

async function readSecret(
  kube: KubernetesClient,
  namespace: string,
  name: string,
  key: string,
): Promise<string> {
  const secret = await kube.get<Secret>({ kind: "Secret", namespace, name });
  const value = secret?.data?.[key];
  if (value === undefined) {
    throw new EmqxError(
      "EMQX_API_UNAUTHORIZED",
      `Expected the API keys in Secret ${namespace}/${name}, key ${key}, found ${secret ? "no such key" : "no such Secret"}. ` +
        "Run `pulumi up --refresh`, which creates it again.",
    );
  }
  return Buffer.from(value, "base64").toString("utf8");
}
