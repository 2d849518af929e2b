import { alerts, recordings, thresholdsOf } from "./alerts";
import type { PrometheusRuleArgs, Target } from "./args";
import { monitoringNames } from "./names";
import type { MonitoringObject } from "./types";

/** Seconds between two evaluations; the look-backs of the alerts are minutes. */
const EVALUATION = "15s";

/** The groups of rules, as a rules file of Prometheus has them too. */
export function ruleGroups(target: Target, args: PrometheusRuleArgs = {}): object[] {
  return [
    {
      name: `emqx.${target.namespace}.${target.name}`,
      interval: EVALUATION,
      rules: [...recordings(target), ...alerts(target, thresholdsOf(args, target))],
    },
  ];
}

/** The PrometheusRule (monitoring.coreos.com/v1) with the alerts of a cluster. */
export function prometheusRule(
  target: Target,
  labels: Record<string, string>,
  args: PrometheusRuleArgs = {},
): MonitoringObject {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: {
      name: monitoringNames.prometheusRule(target.name),
      namespace: target.namespace,
      labels: { ...args.labels, ...labels },
    },
    spec: { groups: ruleGroups(target, args) },
  };
}
