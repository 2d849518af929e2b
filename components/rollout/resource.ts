/**
 * The rollout as a Pulumi resource. Pulumi serialises the provider object below into the state,
 * and runs that text in another process, so it only loads the compiled `pulumi-emqx/provider`.
 * Its exact text is a golden test: every change of it is a diff in everybody's stack.
 */
import * as pulumi from "@pulumi/pulumi";
import type * as provider from "./provider";
import type { RolloutInputs } from "./inputs";
import type { ClusterStatus, RolloutSummary } from "./outputs";
import type { ConfigDrift } from "./types";

const TYPE = "pulumi-nodejs:dynamic/emqx:Rollout";

function load(): typeof provider {
  try {
    return process.getBuiltinModule("node:module").createRequire(process.cwd() + "/_")(
      "pulumi-emqx/provider",
    );
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
  async check(olds: object, news: RolloutInputs) {
    return load().check(olds, news);
  },
  async diff(id: string, olds: object, news: RolloutInputs) {
    return load().diff(id, olds, news);
  },
  async create(inputs: RolloutInputs) {
    return load().create(inputs);
  },
  async read(id: string, properties: object) {
    return load().read(id, properties);
  },
  async update(id: string, olds: object, news: RolloutInputs) {
    return load().update(id, olds, news);
  },
  async delete(id: string, properties: object) {
    return load().delete(id, properties);
  },
};

/** Inputs as a program has them: every value, at any depth, may be an output. */
export type RolloutArgs = Pick<RolloutInputs, "name" | "namespace"> & {
  [Key in Exclude<keyof RolloutInputs, "name" | "namespace" | "__urn">]?: unknown;
};

export class Rollout extends pulumi.dynamic.Resource {
  /** Revision that serves now. */
  declare readonly currentRevision: pulumi.Output<string>;
  /** `Done` when nothing is left to do. */
  declare readonly phase: pulumi.Output<string>;
  declare readonly status: pulumi.Output<ClusterStatus>;
  declare readonly lastRollout: pulumi.Output<RolloutSummary>;
  /** Settings that EMQX has otherwise than declared, as the last refresh saw it; undefined when none. */
  declare readonly configDrift: pulumi.Output<ConfigDrift[] | undefined>;

  constructor(name: string, args: RolloutArgs, opts: pulumi.CustomResourceOptions) {
    const outputs = {
      currentRevision: undefined,
      phase: undefined,
      status: undefined,
      lastRollout: undefined,
      configDrift: undefined,
    };
    // A promise carries no dependencies. The output does: on the parent, and so on each of its
    // children, and when one of these is replaced Pulumi would call the URN unknown.
    const urn = pulumi.createUrn(name, TYPE, opts.parent);
    const __urn = new Promise<string>((resolve) => urn.apply(resolve));
    super(shim, name, { ...args, __urn, ...outputs }, opts, "emqx", "Rollout");
  }
}
