import { objectAt, type Json, type JsonObject } from "../rpc/json";
import { reveal } from "../rpc/properties";
import type { Selection } from "./kubeconfig";

/** The provider's configuration, from its arguments, the stack's config or the environment. */
export interface Settings extends Selection {
  kubeconfig?: string;
  namespace?: string;
  mutableConfigMaps: boolean;
  mutableSecrets: boolean;
  /** Create by server-side apply, merging with an object that already exists. */
  upsert: boolean;
  /** Apply with force, i.e. take fields from other managers. */
  patchForce: boolean;
}

const PREFIX = "kubernetes:config:";

/** Reads what Configure got: `args` wins over the same key in `variables`. */
export function settings(variables: [string, string][], args: JsonObject): Settings {
  const values: JsonObject = {
    ...Object.fromEntries(variables.map(([key, value]) => [key.replace(PREFIX, ""), value])),
    ...reveal(args),
  };
  const text = (key: string): string | undefined => textOf(values[key]);
  const flag = (key: string, twin: string): boolean =>
    (text(key) ?? process.env[`PULUMI_K8S_${twin}`]) === "true";
  if ((text("enableServerSideApply") ?? "true") === "false") {
    throw new Error(
      "the sandbox's kubernetes plugin stand-in knows server-side apply only: remove `enableServerSideApply: false`",
    );
  }
  return {
    kubeconfig: text("kubeconfig"),
    context: text("context"),
    cluster: text("cluster"),
    namespace: text("namespace"),
    mutableConfigMaps: flag("enableConfigMapMutable", "ENABLE_CONFIGMAP_MUTABLE"),
    mutableSecrets: flag("enableSecretMutable", "ENABLE_SECRET_MUTABLE"),
    upsert: flag("upsertExistingObjects", "UPSERT_EXISTING_OBJECTS"),
    patchForce: flag("enablePatchForce", "ENABLE_PATCH_FORCE"),
  };
}

function textOf(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "object" ? JSON.stringify(objectAt(value)) : String(value);
}
