import { setTimeout as sleep } from "node:timers/promises";
import { EmqxError } from "../errors";
import { openEmqx } from "../emqx/open";
import { secured } from "../emqx/tls";
import { KubernetesClient } from "../kubernetes/client";
import type { Credentials } from "../kubernetes/config";
import { isInCluster } from "../kubernetes/config";
import { type Dial, directDial, forwardDial } from "../kubernetes/port-forward";
import type { Pod } from "../kubernetes/shapes";
import { Actor } from "./act";
import { LeaseFence } from "./fence";
import { driftIn } from "./drift";
import { failpoint, withFailpoints } from "./failpoints";
import { fencedTeardown, guarded } from "./guard";
import { Observer } from "./observe";
import { observeServices } from "./observe-services";
import { engineWatch } from "./orphan";
import { ConfigMapRecordStore } from "./record";
import { secretValue } from "./secret-value";
import { evacuationsOf, type Snapshot } from "./snapshot";
import { teardown, type TeardownOptions } from "./teardown";
import type {
  Action,
  Clock,
  Cluster,
  ConfigDrift,
  Fence,
  HotSettings,
  Manifests,
  RecordStore,
  ServiceObservation,
  Sink,
  Site,
} from "./types";

/** A rollout's adapters to the real world; `close` ends every socket, so that the process can exit. */
export interface Connection {
  cluster: Cluster;
  records: RecordStore;
  fence: Fence;
  kube: KubernetesClient;
  clock: Clock;
  /** One look without any write. */
  snapshot(): Promise<Snapshot>;
  /** Where the Services point. */
  services(): Promise<ServiceObservation>;
  /** Who holds the Lease just now, and since when. */
  atWork?(): Promise<string | undefined>;
  /** Settings that EMQX shows otherwise than they were declared; none when no node tells. */
  drift?(): Promise<ConfigDrift[]>;
  /** Deletes all colours, record and lease; never talks to EMQX. */
  teardown(log: (line: string) => void, options?: TeardownOptions): Promise<void>;
  close(): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => sleep(milliseconds),
};

/** What the inputs describe, for those who write. */
export interface Declared {
  manifests: Manifests;
  settings: HotSettings;
}

const SILENT: Sink = {
  status: () => undefined,
  milestone: () => undefined,
  warn: () => undefined,
};

/** Connects to the cluster at `site`; nothing is asked of it before the first use. */
export async function connect(
  site: Site,
  credentials: Credentials,
  { manifests, settings }: Declared,
  sink: Sink = SILENT,
): Promise<Connection> {
  const kube = await KubernetesClient.open(credentials);
  kube.onWait = (line, over) => (over ? sink.milestone(line) : sink.status(line));
  const { namespace } = site;
  const { name, key } = site.apiKeySecret;
  const { http, emqx } = openEmqx(site.dialect, {
    dial: chooseDial(kube, namespace),
    port: site.dashboardPort,
    https: site.dashboardHttps ?? false,
    secure: (stream, pod) => secured(stream, pod, site),
    secret: `Secret ${namespace}/${name}, key ${key}`,
    readApiKeys: () => secretValue(kube, namespace, site.apiKeySecret, noApiKeys),
  });
  const observer = new Observer(
    site,
    kube,
    emqx,
    (pod, port, https) => http.listensAt(pod, port, https),
    (text) => sink.warn(text),
  );
  const actor = new Actor(site, kube, emqx, manifests, settings);
  const engine = engineWatch();
  const lease = new LeaseFence(site, kube, systemClock, sink, {
    gone: () => engine.gone(),
    monotonic: () => performance.now(),
  });
  // A write that an outage has held up must not hit what somebody else has taken over since.
  kube.guard = () => lease.renew();
  const bare = {
    cluster: {
      observe: (options: { preflight: boolean }) => observer.observe(options),
      act: (action: Action) => actor.act(action),
    },
    records: new ConfigMapRecordStore(site, kube),
  };
  const through = failpoint();
  // The guard is asked after a test has let go: what was held up must notice that.
  const parts = withFailpoints({ ...guarded(bare, lease), fence: lease as Fence }, through);
  return {
    ...parts,
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
    services: () => observeServices(site, kube),
    atWork: () => lease.atWork(),
    drift: async () => driftIn(await observer.observe({ preflight: false }), emqx, settings),
    teardown: (log, options) =>
      fencedTeardown({
        fence: parts.fence,
        lease,
        through,
        run: (perform) => teardown(site, kube, log, options, perform),
      }),
    close: async () => {
      lease.forget();
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

const noApiKeys = (where: string, found: string): EmqxError =>
  new EmqxError(
    "EMQX_API_UNAUTHORIZED",
    `Expected the API keys in ${where}, found ${found}. ` +
      "Run `pulumi up --refresh`, which creates it again.",
  );
