/** The monitoring of one cluster: what the Prometheus Operator and Grafana pick up. */
import * as pulumi from "@pulumi/pulumi";
import { ConfigMap } from "@pulumi/kubernetes/core/v1";
import type { Site } from "../child";
import type { GrafanaDashboardArgs, MonitoringArgs, Target } from "./args";
import { grafanaDashboard } from "./dashboard";
import { monitoringNames } from "./names";
import { podMonitor } from "./pod-monitor";
import { prometheusRule } from "./prometheus-rule";
import { MonitoringObjects } from "./resource";
import type { MonitoringObject } from "./types";

/** The cluster's own `kubeconfig` and `context`, when it has any. */
export interface MonitoringCredentials {
  kubeconfig?: pulumi.Input<string>;
  context?: pulumi.Input<string>;
}

export interface Monitoring {
  /** Undefined when neither PodMonitor nor PrometheusRule is wanted. */
  objects?: MonitoringObjects;
  dashboard?: ConfigMap;
}

/** Makes nothing when `monitoring` is not given. */
export function createMonitoring(
  site: Site,
  args: MonitoringArgs | undefined,
  target: Target,
  credentials: MonitoringCredentials = {},
): Monitoring {
  if (args === undefined) return {};
  const objects = objectsOf(args, target, site.labels);
  const dashboard = settingsOf(args.grafanaDashboard);
  return {
    objects: objects.length > 0 ? createObjects(site, objects, target, credentials) : undefined,
    dashboard: dashboard && createDashboard(site, target, dashboard),
  };
}

/** PodMonitor and PrometheusRule, as far as they are wanted. */
export function objectsOf(
  args: MonitoringArgs,
  target: Target,
  labels: Record<string, string>,
): MonitoringObject[] {
  const monitor = settingsOf(args.podMonitor);
  const rule = settingsOf(args.prometheusRule);
  return [
    ...(monitor ? [podMonitor(target, labels, monitor)] : []),
    ...(rule ? [prometheusRule(target, labels, rule)] : []),
  ];
}

/** Undefined when the part is switched off. */
function settingsOf<T extends object>(part: boolean | T | undefined): Partial<T> | undefined {
  if (part === false) return undefined;
  return typeof part === "object" ? part : {};
}

function createObjects(
  site: Site,
  objects: MonitoringObject[],
  { name, namespace }: Target,
  { kubeconfig, context }: MonitoringCredentials,
): MonitoringObjects {
  return new MonitoringObjects(
    `${site.prefix}-monitoring`,
    {
      name,
      namespace,
      objects,
      kubeconfig: kubeconfig === undefined ? undefined : pulumi.secret(kubeconfig),
      context,
    },
    site.child,
  );
}

function createDashboard(site: Site, target: Target, args: GrafanaDashboardArgs): ConfigMap {
  const { name, namespace } = target;
  return new ConfigMap(
    `${site.prefix}-grafana-dashboard`,
    {
      metadata: {
        name: monitoringNames.dashboard(name),
        namespace,
        labels: { grafana_dashboard: "1", ...args.labels, ...site.labels },
        annotations: {
          ...(args.folder !== undefined && { grafana_folder: args.folder }),
          ...args.annotations,
        },
      },
      // Grafana names the file after the key, so it differs from cluster to cluster.
      data: {
        [`emqx-${namespace}-${name}.json`]: JSON.stringify(grafanaDashboard(target), undefined, 2),
      },
    },
    site.child,
  );
}
