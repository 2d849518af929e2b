/**
 * PodMonitor and PrometheusRule as one Pulumi resource, because a plain custom resource would fail
 * where the Prometheus Operator is not installed. As in `rollout/resource.ts`, Pulumi serialises
 * the provider object into the state, and its exact text is a golden test.
 */
import * as pulumi from "@pulumi/pulumi";
import type * as provider from "../rollout/provider";
import type { MonitoringInputs } from "./types";

const TYPE = "pulumi-nodejs:dynamic/emqx:Monitoring";

function load(): typeof provider.monitoring {
  try {
    return process.getBuiltinModule("node:module").createRequire(process.cwd() + "/_")(
      "pulumi-emqx/provider",
    ).monitoring;
  } catch (error) {
    if ((error as { code?: string }).code !== "MODULE_NOT_FOUND") throw error;
    throw new Error(
      "EMQX_NOT_BUILT: Expected the compiled package pulumi-emqx to be found from " +
        process.cwd() +
        ", got: " +
        (error as Error).message +
        ". Run `npm ci` there, or `npm run build` in the package's own repository.",
    );
  }
}

/** One object for the whole process: Pulumi caches the text by identity. */
export const shim = {
  async configure(request: pulumi.dynamic.ConfigureRequest) {
    return load().configure(request);
  },
  async check(olds: object, news: MonitoringInputs) {
    return load().check(olds, news);
  },
  async diff(id: string, olds: object, news: MonitoringInputs) {
    return load().diff(id, olds, news);
  },
  async create(inputs: MonitoringInputs) {
    return load().create(inputs);
  },
  async read(id: string, properties: object) {
    return load().read(id, properties);
  },
  async update(id: string, olds: object, news: MonitoringInputs) {
    return load().update(id, olds, news);
  },
  async delete(id: string, properties: object) {
    return load().delete(id, properties);
  },
};

export type MonitoringResourceArgs = Pick<MonitoringInputs, "name" | "namespace" | "objects"> & {
  kubeconfig?: pulumi.Input<string>;
  context?: pulumi.Input<string>;
};

export class MonitoringObjects extends pulumi.dynamic.Resource {
  /** `Kind/name` of each object that was applied. */
  declare readonly installed: pulumi.Output<string[]>;
  /** Kinds that the Kubernetes cluster does not know. */
  declare readonly missing: pulumi.Output<string[]>;
  /** `Kind/name` of each object that somebody else changed or deleted, as a refresh saw it. */
  declare readonly drifted: pulumi.Output<string[]>;

  constructor(name: string, args: MonitoringResourceArgs, opts: pulumi.CustomResourceOptions) {
    const outputs = { installed: undefined, missing: undefined, drifted: undefined };
    // A promise, since an output would carry dependencies (see rollout/resource.ts).
    const urn = pulumi.createUrn(name, TYPE, opts.parent);
    const __urn = new Promise<string>((resolve) => urn.apply(resolve));
    super(shim, name, { ...args, __urn, ...outputs }, opts, "emqx", "Monitoring");
  }
}
