import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { EmqxClusterArgs } from "../args";
import { EmqxCluster } from "../emqx-cluster";
import type { EmqxEnterpriseArgs } from "../enterprise/args";
import { EmqxEnterprise } from "../enterprise/emqx-enterprise";
import { isObject } from "../shape";
import { argsFromCustomResource } from "./args-from-custom-resource";

/**
 * Makes the cluster that a custom resource describes. `overrides` are merged over its arguments:
 * objects field by field, everything else replaced. Use it for what the resource has no field for,
 * such as the licence of EMQX 5.
 *
 * @example
 * clusterFromCustomResource("emqx", parse(text), { license: config.requireSecret("license") });
 */
export function clusterFromCustomResource(
  name: string,
  cr: unknown,
  overrides: Partial<EmqxClusterArgs> | Partial<EmqxEnterpriseArgs> = {},
  options?: ComponentResourceOptions,
): EmqxCluster | EmqxEnterprise {
  const { kind, args } = argsFromCustomResource(cr);
  const merged = mergeArgs(args, overrides);
  return kind === "EmqxCluster"
    ? new EmqxCluster(name, merged as unknown as EmqxClusterArgs, options)
    : new EmqxEnterprise(name, merged as unknown as EmqxEnterpriseArgs, options);
}

/** Plain objects are merged, everything else is replaced; `undefined` changes nothing. */
export function mergeArgs(base: object, over: object): Record<string, unknown> {
  // A map keeps a key such as `__proto__` an ordinary one, which the rules then refuse.
  const result = new Map<string, unknown>(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const before = result.get(key);
    if (value === undefined) continue;
    result.set(key, isPlain(before) && isPlain(value) ? mergeArgs(before, value) : value);
  }
  return Object.fromEntries(result);
}

/** An output is an object too, but not one to look into. */
const isPlain = (value: unknown): value is object =>
  isObject(value) && Object.getPrototypeOf(value) === Object.prototype;
