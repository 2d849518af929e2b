/**
 * Keeps the cluster's generated secrets, and stands before everything else of a cluster: a stack
 * that does not know the cluster it finds stops here. As in `rollout/resource.ts`, Pulumi
 * serialises the provider object into the state, and its exact text is a golden test.
 */
import * as pulumi from "@pulumi/pulumi";
import type * as provider from "../rollout/provider";
import type { OwnershipInputs } from "./types";

const TYPE = "pulumi-nodejs:dynamic/emqx:Ownership";

function load(): typeof provider.ownership {
  try {
    return process.getBuiltinModule("node:module").createRequire(process.cwd() + "/_")(
      "pulumi-emqx/provider",
    ).ownership;
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
  async check(olds: object, news: OwnershipInputs) {
    return load().check(olds, news);
  },
  async diff(id: string, olds: object, news: OwnershipInputs) {
    return load().diff(id, olds, news);
  },
  async create(inputs: OwnershipInputs) {
    return load().create(inputs);
  },
  async read(id: string, properties: object) {
    return load().read(id, properties);
  },
  async update(id: string, olds: object, news: OwnershipInputs) {
    return load().update(id, olds, news);
  },
};

/** Inputs as a program has them. */
export type OwnershipArgs = Pick<OwnershipInputs, "name" | "namespace"> & {
  [Key in Exclude<keyof OwnershipInputs, "name" | "namespace" | "__urn">]?: unknown;
};

export class Ownership extends pulumi.dynamic.Resource {
  /** As generated, or as found in the cluster that was adopted. */
  declare readonly cookie: pulumi.Output<string>;
  declare readonly apiKey: pulumi.Output<string>;
  declare readonly adminPassword: pulumi.Output<string>;

  constructor(name: string, args: OwnershipArgs, opts: pulumi.CustomResourceOptions) {
    // A promise, since an output would carry dependencies (see rollout/resource.ts).
    const urn = pulumi.createUrn(name, TYPE, opts.parent);
    const __urn = new Promise<string>((resolve) => urn.apply(resolve));
    const additionalSecretOutputs = ["cookie", "apiKey", "adminPassword"];
    super(
      shim,
      name,
      { ...args, __urn },
      { ...opts, additionalSecretOutputs },
      "emqx",
      "Ownership",
    );
  }
}
