/** The Services and the budget of an EMQX 4.4 cluster. */
import type * as pulumi from "@pulumi/pulumi";
import type { Service } from "@pulumi/kubernetes/core/v1";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1";
import type { Site } from "../child";
import { everyColour, names } from "../labels";
import { createHeadless, createService } from "../services";
import type { EmqxEnterpriseArgs } from "./args";
import { partOf } from "./known-parts";
import type { EnterpriseTemplate } from "./inputs";
import { servicePorts } from "./pod-ports";

export interface EnterpriseServices {
  headless: Service;
  /** MQTT, management and dashboard alike. */
  listeners: Service;
}

/** Port, health and address of a Service are the user's; its selector belongs to the rollout. */
export function createEnterpriseServices(site: Site, args: EmqxEnterpriseArgs): EnterpriseServices {
  const { metadata, spec } = args.serviceTemplate ?? {};
  const { name = site.name, labels, annotations } = metadata ?? {};
  const declared = resolvedTemplate(args).apply((template) => servicePorts({ template }));
  return {
    headless: createHeadless(site),
    listeners: createService(site, "service", name, declared, {
      metadata: { labels, annotations },
      spec,
    }),
  };
}

export const resolvedTemplate = (
  args: EmqxEnterpriseArgs,
): pulumi.Output<EnterpriseTemplate | undefined> => partOf<EnterpriseTemplate>(args.template, []);

/** Counts the pods of both colours, so that a drained host never takes more than one node. */
export function createEnterpriseBudget(site: Site): PodDisruptionBudget {
  const metadata = {
    name: names.coreBudget(site.name),
    namespace: site.namespace,
    labels: site.labels,
  };
  const spec = { selector: { matchLabels: everyColour(site.name) }, maxUnavailable: 1 };
  return new PodDisruptionBudget(`${site.prefix}-core`, { metadata, spec }, site.child);
}
