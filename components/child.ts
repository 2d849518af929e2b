import type { CustomResourceOptions } from "@pulumi/pulumi";
import { commonLabels } from "./labels";

/** What every child of a cluster is made with. */
export interface Site {
  /** Logical name of the component, prefix of its children's. */
  prefix: string;
  /** Physical name of the cluster, prefix of its objects'. */
  name: string;
  namespace: string;
  labels: Record<string, string>;
  child: CustomResourceOptions;
}

export function siteOf(
  prefix: string,
  args: { name?: string; namespace?: string },
  child: CustomResourceOptions,
): Site {
  const name = args.name ?? prefix;
  return {
    prefix,
    name,
    namespace: args.namespace ?? "default",
    labels: commonLabels(name),
    child,
  };
}
