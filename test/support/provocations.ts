/** A way to each error, by what users call, with fakes of Kubernetes, EMQX and the clock. */
import { connect } from "node:net";
import { argsFromCustomResource } from "../../components/custom-resource/args-from-custom-resource";
import type { ErrorCode } from "../../components/errors";
import { EmqxHttp } from "../../components/emqx/http";
import { EmqxClientV5 } from "../../components/emqx/v5/client";
import { KubernetesClient } from "../../components/kubernetes/client";
import { createOwnershipProvider } from "../../components/ownership/provider";
import { LeaseFence } from "../../components/rollout/fence";
import { parseRecord } from "../../components/rollout/record";
import { shim } from "../../components/rollout/resource";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { FakeEmqx } from "../emqx/fake-emqx";
import { Stage } from "../faults/model/stage";
import { FakeApi } from "../kubernetes/fake-api";
import { Bench, inputs, upgraded } from "../rollout/provider-bench";
import { site } from "../rollout/io-fixtures";

export const CANARY = "c4n4ryS3cretc4n4ryS3cretc4n4ryS3cretc4n4ryS3cret";

let api: FakeApi;
let kube: KubernetesClient;
let emqx: FakeEmqx;
let http: EmqxHttp;
let client: EmqxClientV5;
let broken: EmqxHttp;

export async function open(): Promise<void> {
  api = await new FakeApi().start();
  const patience = { totalMs: 100, firstPauseMs: 5, maxPauseMs: 20 };
  kube = await KubernetesClient.open({ kubeconfig: api.kubeconfig }, patience);
  emqx = await new FakeEmqx("emqx@a").start();
  const options = { port: 18083, base: "/api/v5", secret: "Secret ns/s, key k" };
  const readApiKeys = async () => "pulumi-emqx:s3cret";
  const dial = async () => connect(emqx.port, "127.0.0.1");
  http = new EmqxHttp({ ...options, readApiKeys, dial });
  client = new EmqxClientV5(http);
  broken = new EmqxHttp({
    ...options,
    readApiKeys,
    dial: async () => {
      throw Object.assign(new Error(`refused: authorization: Basic ${CANARY}`), {
        headers: { authorization: CANARY },
      });
    },
  });
}

export async function close(): Promise<void> {
  await Promise.all([http.close(), broken.close(), kube.close()]);
  await Promise.all([api.stop(), emqx.stop()]);
}

const pod = { kind: "Pod", namespace: "ns", name: "p-0" } as const;

/** The API server answers every request with one refusal. */
async function refusing(status: number, work: () => Promise<unknown>): Promise<unknown> {
  api.intercept = () => ({ status, body: { reason: "Because", message: "it is so" } });
  try {
    return await work();
  } finally {
    api.intercept = undefined;
  }
}

/** EMQX gives one answer to one call. */
const answering = (call: string, status: number, body: unknown, work: () => Promise<unknown>) => {
  emqx.answers.set(call, { status, body });
  return work();
};

const fence = (gone: boolean) => {
  let now = Date.parse("2026-11-21T00:00:00Z");
  const clock = { now: () => now, sleep: async (ms: number) => void (now += ms) };
  const runner = { gone: async () => gone, monotonic: () => now };
  return new LeaseFence(site, kube, clock, { status: () => undefined }, runner);
};

async function fencedByAnother(): Promise<void> {
  let renewed = 0;
  api.intercept = ({ path, method }) => {
    if (method !== "GET" || !path.includes("/leases/")) return undefined;
    renewed += 1;
    const spec = {
      holderIdentity: "other/1/x",
      leaseDurationSeconds: 15,
      acquireTime: "2026-11-20T22:00:00.000000Z",
      renewTime: new Date(Date.parse("2026-11-21T00:00:00Z") + renewed).toISOString(),
      leaseTransitions: 1,
    };
    return { status: 200, body: { kind: "Lease", metadata: { name: "c-rollout" }, spec } };
  };
  try {
    await fence(false).acquire();
  } finally {
    api.intercept = undefined;
  }
}

async function abortedByAnnotation(revision: string): Promise<unknown> {
  const stage = await Stage.open();
  stage.when(
    () => stage.model.sets.some((set) => set.revision === revision),
    () => (stage.model.control = "abort"),
  );
  return stage.up(revision);
}

/** A way to each code, by what users call, and what its message says. */
export const PROVOKED: Record<ErrorCode, { says: RegExp[]; provoke: () => unknown }> = {
  EMQX_INVALID_ARGUMENT: {
    says: [/Expected a custom resource/, /got `5`/],
    provoke: () => argsFromCustomResource(5),
  },
  EMQX_NOT_BUILT: {
    says: [/Expected the compiled package/, /npm ci/],
    provoke: async () => {
      const folder = process.cwd();
      process.chdir("/");
      try {
        await shim.check({}, {} as RolloutInputs);
      } finally {
        process.chdir(folder);
      }
    },
  },
  EMQX_KUBERNETES_UNREACHABLE: {
    says: [/Expected a readable kubeconfig/, /Set `kubeconfig`/],
    provoke: () => KubernetesClient.open({ kubeconfig: `token: "${CANARY}\nx: [` }),
  },
  EMQX_KUBERNETES_DENIED: {
    says: [/denied/, /403 Because: it is so/, /Grant/],
    provoke: () => refusing(403, () => kube.get(pod)),
  },
  EMQX_KUBERNETES_ERROR: {
    says: [/refused to get pods\/p-0/, /422 Because: it is so/],
    provoke: () => refusing(422, () => kube.get(pod)),
  },
  EMQX_API_UNREACHABLE: {
    says: [/EMQX in pod p-0 did not answer GET \/nodes/],
    provoke: () => broken.call("p-0", "GET", "/nodes", 1000),
  },
  EMQX_API_UNAUTHORIZED: {
    says: [/refuses the API key of Secret ns\/s/, /`pulumi up --refresh` puts the old one back/],
    provoke: async () => {
      emqx.secret = "changed";
      try {
        await http.call("p-0", "GET", "/nodes", 5000);
      } finally {
        emqx.secret = "s3cret";
      }
    },
  },
  EMQX_API_ERROR: {
    says: [/p-0/, /400/],
    provoke: () =>
      answering("POST /load_rebalance/emqx@a/evacuation/start", 400, { message: "no" }, () =>
        client.startEvacuation("p-0", "emqx@a", {
          connEvictRate: 1,
          sessEvictRate: 1,
          waitTakeover: 1,
          waitHealthCheck: 0,
          migrateTo: [],
        }),
      ),
  },
  EMQX_CONFIG_REJECTED: {
    says: [/mqtt: bad/, /No pod was touched/],
    provoke: () =>
      answering(
        "PUT /configs?mode=merge&ignore_readonly=true",
        400,
        { errors: { mqtt: "bad" } },
        () => client.configure("p-0", "mqtt.a = 1", "merge"),
      ),
  },
  EMQX_LICENSE_REJECTED: {
    says: [/Bad license key/, /stays in force/],
    provoke: () =>
      answering("POST /license", 400, { message: `Bad license key ${CANARY}` }, () =>
        client.renewLicense("p-0", CANARY),
      ),
  },
  EMQX_PREFLIGHT_FAILED: {
    says: [/Expected permissions/, /docs\/rbac\.md/, /Nothing was changed/],
    provoke: async () => {
      const stage = await Stage.open();
      const observe = stage.model.observe.bind(stage.model);
      stage.model.observe = async (options) => {
        const seen = await observe(options);
        const facts = seen.preflight;
        return facts ? { ...seen, preflight: { ...facts, missingPermissions: ["patch x"] } } : seen;
      };
      await stage.up("b");
    },
  },
  EMQX_PROGRESS_DEADLINE: {
    says: [/progressDeadlineSeconds = 120|cannot start/, /c-core-b-0: not Ready/],
    provoke: async () => {
      const stage = await Stage.open();
      stage.when(
        () => stage.pods("b").length > 0,
        () => stage.pods("b").forEach((each) => (each.broken = true)),
      );
      await stage.up("b");
    },
  },
  EMQX_DRAIN_DEADLINE: {
    says: [/within drainDeadlineSeconds = 2/, /Both colours keep running/],
    provoke: async () => {
      const stage = await Stage.open({ drainDeadlineSeconds: 2 });
      await stage.up("b");
    },
  },
  EMQX_CLIENTS_AWAY: {
    says: [/clients/, /pulumi up/],
    provoke: async () => {
      const stage = await Stage.open();
      stage.when(
        () => stage.on("b") > 20,
        () => (stage.reconnect = 3_000_000),
      );
      await stage.up("b");
    },
  },
  EMQX_ROLLOUT_FENCED: {
    says: [/other\/1\/x/, /pulumi up/],
    provoke: fencedByAnother,
  },
  EMQX_ROLLOUT_ORPHANED: {
    says: [/pulumi up/],
    provoke: () => fence(true).acquire(),
  },
  EMQX_ROLLOUT_ABORTED: {
    says: [/emqx\.io\/rollout-control/],
    provoke: () => abortedByAnnotation("b"),
  },
  EMQX_ROLLOUT_HELD: {
    says: [/no earlier revision/, /nothing was changed/],
    provoke: async () => {
      const stage = await Stage.open();
      stage.model.control = "abort";
      await stage.up("a");
    },
  },
  EMQX_CLUSTER_EXISTS: {
    says: [/Expected no cluster ns\/emqx/, /Secret emqx-node-cookie/, /set `adopt: true`/],
    provoke: async () => {
      const provider = createOwnershipProvider({
        open: ({ kubeconfig }) => KubernetesClient.open({ kubeconfig }),
        sink: () => ({
          status: () => undefined,
          milestone: () => undefined,
          warn: () => undefined,
          close: async () => undefined,
        }),
      });
      const data = { node_cookie: Buffer.from(`${CANARY} of another`).toString("base64") };
      api.put("secrets", { kind: "Secret", metadata: { name: "emqx-node-cookie" }, data });
      await provider.create({
        name: "emqx",
        namespace: "ns",
        cookie: CANARY,
        apiKey: CANARY,
        adminPassword: CANARY,
        kubeconfig: api.kubeconfig,
      });
    },
  },
  EMQX_RECORD_INVALID: {
    says: [/Expected a rollout record/, /delete the ConfigMap/],
    provoke: () => parseRecord("{", "ns/c-rollout"),
  },
  EMQX_INTERNAL: {
    says: [/TypeError: odd/, /provocations/],
    provoke: async () => {
      const bench = new Bench();
      bench.failure = Object.assign(new TypeError(`odd, authorization: Basic ${CANARY}`), {
        request: { headers: { authorization: `Basic ${CANARY}` } },
        metadata: { token: CANARY },
      });
      await bench.provider.update("emqx", { ...upgraded, applied: null, phase: "Done" }, inputs);
    },
  },
};
