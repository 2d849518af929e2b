/** Decides, before anything else of a cluster is touched, whether the stack may have it. */
import { EmqxError } from "../errors";
import { KubernetesClient } from "../kubernetes/client";
import type { Credentials } from "../kubernetes/config";
import { systemClock } from "../rollout/connect";
import { credentialsOf, type StackConfig } from "../rollout/credentials";
import { engineSink, type EngineSink } from "../rollout/engine-log";
import { plainError } from "../rollout/failure";
import { LeaseFence } from "../rollout/fence";
import type { Problem } from "../shape";
import { UNKNOWN } from "../unknown";
import { within } from "../within";
import { findCluster } from "./find";
import { takeOver } from "./take-over";
import type { Found, OwnershipInputs, OwnershipOutputs } from "./types";

/** Milliseconds that a look at the cluster may take in a preview. */
const PATIENCE = 20_000;

/** What the provider needs of the world; tests replace it. */
export interface OwnershipPorts {
  open(credentials: Credentials): Promise<KubernetesClient>;
  sink(urn?: string): EngineSink;
}

const REAL: OwnershipPorts = {
  open: (credentials) => KubernetesClient.open(credentials),
  sink: engineSink,
};

export function createOwnershipProvider(ports: OwnershipPorts = REAL) {
  let stack: StackConfig | undefined;

  async function withKube<T>(
    given: OwnershipInputs,
    work: (kube: KubernetesClient) => Promise<T>,
  ): Promise<T> {
    const kube = await ports.open(credentialsOf(given, stack));
    try {
      return await work(kube);
    } finally {
      await kube.close();
    }
  }

  /** Nothing where the cluster cannot be asked yet: then creating will. */
  async function preview(news: OwnershipInputs): Promise<Found | undefined> {
    if ([news.kubeconfig, news.context].includes(UNKNOWN)) return undefined;
    const found = withKube(news, (kube) => findCluster(kube, news));
    return within(PATIENCE, found).catch(() => undefined);
  }

  async function tell(news: OwnershipInputs, found: Found): Promise<void> {
    const sink = ports.sink(news.__urn);
    sink.milestone(
      `adopts the cluster ${news.namespace}/${news.name} with its secrets: ${found.objects.join(", ")}`,
    );
    await sink.close();
  }

  /** What is there wins: another cookie would split the cluster, another key lock the rollout out. */
  async function take(inputs: OwnershipInputs): Promise<OwnershipOutputs> {
    const { name, namespace, cookie, apiKey, adminPassword } = inputs;
    const generated = { name, namespace, cookie, apiKey, adminPassword };
    const sink = ports.sink(inputs.__urn);
    try {
      return await withKube(inputs, async (kube) => {
        const found = await findCluster(kube, inputs);
        if (!found || isOurs(found, inputs)) return generated;
        if (inputs.adopt !== true)
          throw new EmqxError("EMQX_CLUSTER_EXISTS", exists(inputs, found));
        const site = { name, namespace };
        await new LeaseFence(site, kube, systemClock, sink).untilFree();
        await takeOver(kube, inputs);
        return { ...generated, ...JSON.parse(JSON.stringify(found.kept)) };
      });
    } catch (error) {
      throw plainError(error);
    } finally {
      await sink.close();
    }
  }

  return {
    async configure(request: { config: StackConfig }): Promise<void> {
      stack = request.config;
    },

    /** `olds` are the inputs of the last run, empty when the stack does not know the cluster. */
    async check(
      olds: object,
      news: OwnershipInputs,
    ): Promise<{ inputs: OwnershipInputs; failures: Problem[] }> {
      const known = isSame(olds, news);
      const found = known ? undefined : await preview(news);
      if (!found || isOurs(found, news)) return { inputs: news, failures: [] };
      if (news.adopt === true) {
        await tell(news, found);
        return { inputs: news, failures: [] };
      }
      const reason = `EMQX_CLUSTER_EXISTS: ${exists(news, found)}`;
      return { inputs: news, failures: [{ property: "adopt", reason }] };
    },

    /** Never a replacement: everything of the cluster depends on this. */
    async diff(_id: string, olds: object, news: OwnershipInputs): Promise<{ changes: boolean }> {
      return { changes: !isSame(olds, news) };
    },

    async create(inputs: OwnershipInputs): Promise<{ id: string; outs: OwnershipOutputs }> {
      return { id: `${inputs.namespace}/${inputs.name}`, outs: await take(inputs) };
    },

    /** Another name is another cluster, made with the same secrets. */
    async update(
      _id: string,
      olds: object,
      inputs: OwnershipInputs,
    ): Promise<{ outs: OwnershipOutputs }> {
      const { cookie, apiKey, adminPassword } = olds as OwnershipOutputs;
      return { outs: await take({ ...inputs, cookie, apiKey, adminPassword }) };
    },

    async read(id: string, properties: object): Promise<{ id: string; props: object }> {
      return { id, props: properties };
    },
  };
}

function isSame(olds: object, news: OwnershipInputs): boolean {
  const { name, namespace } = olds as Partial<OwnershipInputs>;
  return name === news.name && namespace === news.namespace;
}

/** Made by this very stack, before this package kept the secrets here. */
const isOurs = (found: Found, { cookie }: OwnershipInputs): boolean =>
  found.kept.cookie !== undefined && found.kept.cookie === cookie;

const exists = ({ namespace, name }: OwnershipInputs, { objects }: Found): string =>
  `Expected no cluster ${namespace}/${name}, since the state of this stack has none, but found ${objects.join(", ")}. ` +
  "Nothing was changed. If the stack was lost, set `adopt: true`: it takes the cluster over as it runs, with its secrets. " +
  "If another stack has it, leave it there, and choose another `name` or `namespace` here.";
