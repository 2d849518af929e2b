/** Disruption budgets: they count the pods of both colours, so that a drained host never takes more than it may. */
import * as pulumi from "@pulumi/pulumi";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1";
import type { CoreTemplateArgs, ReplicantTemplateArgs } from "./args";
import type { Site } from "./child";
import { everyColour, names } from "./labels";
import type { Role } from "./rollout/types";

export interface BudgetsArgs {
  coreTemplate?: pulumi.Input<CoreTemplateArgs>;
  replicantTemplate?: pulumi.Input<ReplicantTemplateArgs>;
}

/** One for each role that was configured. */
export function createBudgets(site: Site, args: BudgetsArgs): PodDisruptionBudget[] {
  const core = createBudget(site, "core", names.coreBudget(site.name), args.coreTemplate);
  if (args.replicantTemplate === undefined) return [core];
  const name = names.replicantBudget(site.name);
  return [core, createBudget(site, "replicant", name, args.replicantTemplate)];
}

function createBudget(
  site: Site,
  role: Role,
  name: string,
  given: pulumi.Input<CoreTemplateArgs | ReplicantTemplateArgs> | undefined,
): PodDisruptionBudget {
  const metadata = { name, namespace: site.namespace, labels: site.labels };
  const spec = pulumi.output(given).apply((template) => {
    const selector = { matchLabels: everyColour(site.name, role) };
    const { minAvailable, maxUnavailable = 1 } = template?.spec ?? {};
    return minAvailable === undefined ? { selector, maxUnavailable } : { selector, minAvailable };
  });
  return new PodDisruptionBudget(`${site.prefix}-${role}`, { metadata, spec }, site.child);
}
