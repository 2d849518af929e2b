/**
 * Applies the custom resources of the Prometheus Operator. Where their definitions are absent, it
 * says so on the resource and leaves the rest of the stack alone.
 */
import { KubernetesClient } from "../kubernetes/client";
import type { Credentials } from "../kubernetes/config";
import { credentialsOf, type StackConfig } from "../rollout/credentials";
import { engineSink, type EngineSink } from "../rollout/engine-log";
import { plainError } from "../rollout/failure";
import type { Problem } from "../shape";
import { UNKNOWN } from "../unknown";
import { canonical } from "../rollout/canonical";
import { driftOf } from "./drift";
import { MONITORING_MANAGER } from "./names";
import type { MonitoringInputs, MonitoringObject, MonitoringOutputs } from "./types";

/** What the provider needs of the world; tests replace it. */
export interface MonitoringPorts {
  open(credentials: Credentials): Promise<KubernetesClient>;
  sink(urn?: string): EngineSink;
}

const REAL: MonitoringPorts = {
  open: (credentials) => KubernetesClient.open(credentials),
  sink: engineSink,
};

export function createMonitoringProvider(ports: MonitoringPorts = REAL) {
  let stack: StackConfig | undefined;

  async function withKube<T>(
    given: MonitoringInputs,
    work: (kube: KubernetesClient, sink: EngineSink) => Promise<T>,
  ): Promise<T> {
    const sink = ports.sink(given.__urn);
    try {
      const kube = await ports.open(credentialsOf(given, stack));
      kube.onWait = (line, over) => (over ? sink.milestone(line) : sink.status(line));
      try {
        return await work(kube, sink);
      } finally {
        await kube.close();
      }
    } catch (error) {
      throw plainError(error);
    } finally {
      await sink.close();
    }
  }

  async function apply(
    inputs: MonitoringInputs,
    before: string[] = [],
  ): Promise<MonitoringOutputs> {
    return withKube(inputs, async (kube, sink) => {
      const installed: string[] = [];
      const missing: string[] = [];
      for (const object of inputs.objects) {
        if (await kube.serves(object.kind)) {
          await kube.apply({ ...object }, MONITORING_MANAGER);
          installed.push(idOf(object));
        } else {
          missing.push(object.kind);
        }
      }
      for (const id of before.filter((each) => !inputs.objects.some((o) => idOf(o) === each))) {
        await remove(kube, inputs.namespace, id);
      }
      if (missing.length > 0) sink.warn(absent(missing));
      const { name, namespace, objects, kubeconfig, context, __urn } = inputs;
      const outputs = { name, namespace, objects, kubeconfig, context, __urn };
      return clean({ ...outputs, installed, missing, drifted: [] });
    });
  }

  return {
    async configure(request: { config: StackConfig }): Promise<void> {
      stack = request.config;
    },

    async check(
      _olds: object,
      news: MonitoringInputs,
    ): Promise<{ inputs: MonitoringInputs; failures: Problem[] }> {
      return { inputs: news, failures: [] };
    },

    /** Asks the cluster only when a definition was missing: it may have been installed meanwhile. */
    async diff(
      _id: string,
      properties: object,
      news: MonitoringInputs,
    ): Promise<{ changes: boolean; replaces?: string[] }> {
      const olds = properties as MonitoringOutputs;
      const replaces = (["name", "namespace"] as const).filter(
        (key) => news[key] !== UNKNOWN && news[key] !== olds[key],
      );
      if (replaces.length > 0) return { changes: true, replaces };
      const changed =
        canonical(olds.objects) !== canonical(news.objects) ||
        // A later refresh or destroy knows the outputs only.
        olds.kubeconfig !== news.kubeconfig ||
        olds.context !== news.context;
      if (changed || olds.drifted.length > 0) return { changes: true };
      return { changes: await anyServed(olds.missing, news) };
    },

    async create(inputs: MonitoringInputs): Promise<{ id: string; outs: MonitoringOutputs }> {
      return { id: `${inputs.namespace}/${inputs.name}`, outs: await apply(inputs) };
    },

    async update(
      _id: string,
      properties: object,
      inputs: MonitoringInputs,
    ): Promise<{ outs: MonitoringOutputs }> {
      const olds = properties as MonitoringOutputs;
      return { outs: await apply(inputs, [...olds.installed, ...olds.drifted]) };
    },

    async read(id: string, properties: object): Promise<{ id: string; props: MonitoringOutputs }> {
      const olds = properties as MonitoringOutputs;
      const ours = new Set([...olds.installed, ...olds.drifted]);
      return withKube(olds, async (kube) => {
        const drifted: string[] = [];
        for (const object of olds.objects.filter((each) => ours.has(idOf(each)))) {
          const live = await kube.get(referenceTo(object));
          if (driftOf(object, live)) drifted.push(idOf(object));
        }
        const installed = [...ours].filter((each) => !drifted.includes(each));
        return { id, props: clean({ ...olds, installed, drifted }) };
      });
    },

    async delete(_id: string, properties: object): Promise<void> {
      const olds = properties as MonitoringOutputs;
      await withKube(olds, async (kube) => {
        for (const id of [...olds.installed, ...olds.drifted]) {
          await remove(kube, olds.namespace, id);
        }
      });
    },
  };

  /** Without an answer there is nothing to say: the update would fail for the same reason. */
  async function anyServed(kinds: string[], news: MonitoringInputs): Promise<boolean> {
    if (kinds.length === 0) return false;
    try {
      return await withKube(news, async (kube) => {
        const wanted = news.objects.filter(({ kind }) => kinds.includes(kind));
        const served = await Promise.all(wanted.map(({ kind }) => kube.serves(kind)));
        return served.some(Boolean);
      });
    } catch {
      return false;
    }
  }
}

const idOf = ({ kind, metadata }: MonitoringObject): string => `${kind}/${metadata.name}`;

const referenceTo = ({ kind, metadata: { namespace, name } }: MonitoringObject) => ({
  kind,
  namespace,
  name,
});

/** An object whose definition is gone as well is gone. */
async function remove(kube: KubernetesClient, namespace: string, id: string): Promise<void> {
  const [kind, name = ""] = id.split("/");
  await kube.delete({ kind: kind as MonitoringObject["kind"], namespace, name });
}

const absent = (kinds: string[]): string =>
  `Expected Kubernetes to know ${kinds.join(" and ")} (monitoring.coreos.com/v1), but the Prometheus Operator's ` +
  "definitions are not installed. The EMQX cluster is deployed without them. Install the operator, for example with " +
  "`helm install prometheus prometheus-community/kube-prometheus-stack`, and run `pulumi up` again; or set " +
  `${kinds.map((kind) => `\`monitoring.${kind === "PodMonitor" ? "podMonitor" : "prometheusRule"}: false\``).join(" and ")}.`;

/** Protobuf knows no `undefined`. */
const clean = (outputs: MonitoringOutputs): MonitoringOutputs =>
  JSON.parse(JSON.stringify(outputs)) as MonitoringOutputs;
