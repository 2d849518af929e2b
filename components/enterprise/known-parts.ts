/** Arguments taken apart level by level, so that one unknown or secret leaf does not spread to the rest. */
import * as pulumi from "@pulumi/pulumi";
import type { EnterpriseTemplateArgs } from "./args";
import { omit } from "./omit";
import { PASSWORD } from "./pod-fields";

type Fields = Record<string, unknown>;

/** The rollout's view of the template: without API keys and password, which are in Secrets only. */
export function templateWithoutSecrets(template: pulumi.Input<EnterpriseTemplateArgs>): unknown {
  return at(template, ["spec", "emqxContainer"], (container) =>
    at(omit(container, "bootstrapAPIKeys"), ["emqxConfig"], (config) => omit(config, PASSWORD)),
  );
}

/** What is at a path of nested inputs, as an output. */
export function partOf<T>(value: unknown, path: string[]): pulumi.Output<T | undefined> {
  const [key, ...rest] = path;
  if (key === undefined) return pulumi.output(value) as pulumi.Output<T | undefined>;
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return pulumi.output(value).apply((plain) => partOf<T>(plain, path));
  }
  return partOf<T>((value as Fields | undefined | null)?.[key], rest);
}

/** Changes the object at a path of nested inputs; everything beside the path stays as it is. */
function at(value: unknown, path: string[], change: (part: Fields) => unknown): unknown {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return pulumi.output(value).apply((plain) => at(plain, path, change));
  }
  if (typeof value !== "object" || value === null) return value;
  const [key, ...rest] = path;
  if (key === undefined) return change(value as Fields);
  return { ...value, [key]: at((value as Fields)[key], rest, change) };
}
