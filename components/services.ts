/**
 * The Services. Listeners and dashboard have no selector here: the rollout applies it, so that
 * Pulumi neither reverts a switch nor reports it as drift (facts: pulumi-kubernetes-observed.md 1).
 */
import * as pulumi from "@pulumi/pulumi";
import { Service } from "@pulumi/kubernetes/core/v1";
import type { core } from "@pulumi/kubernetes/types/input";
import type { EmqxClusterArgs, ServiceTemplateArgs } from "./args";
import type { Site } from "./child";
import { scanConfig } from "./config-scan";
import { judgedValue } from "./judged-value";
import { anyText } from "./kubernetes-rules";
import { everyColour, names } from "./labels";
import { declaredPorts, DEFAULT_DASHBOARD_PORT, type DeclaredPorts } from "./ports";
import { flag } from "./shape";
import { serviceTemplate } from "./validate";
import { replicantsOf, type NodeTemplate, type RolloutInputs } from "./rollout/inputs";

/** The await of an update looks at the live selector, which would fail in the middle of a rollout. */
const SKIP_AWAIT = { "pulumi.com/skipAwait": "true" };
/** A load balancer's address is worth waiting for, though. */
const WAIT_FOR_ADDRESS = {
  "pulumi.com/waitFor": "jsonpath={.status.loadBalancer.ingress}",
};

export interface Services {
  headless: Service;
  listeners: Service;
  dashboard?: Service;
  /** What EMQX will listen on. */
  ports: pulumi.Output<DeclaredPorts>;
}

export function createServices(site: Site, args: EmqxClusterArgs): Services {
  const { config, coreTemplate, replicantTemplate } = args;
  const ports = pulumi
    .output({ config, coreTemplate, replicantTemplate })
    .apply((given) => servicePorts(given as Templates));
  const listeners = ports.apply((declared) => declared.listeners);
  const dashboard = ports.apply((declared) =>
    [
      // To the pods by name, since those of two revisions may listen on different ports. Its own name
      // follows another port than the default, for Pulumi's preview refuses a port that moves under its name.
      {
        name:
          declared.dashboard === DEFAULT_DASHBOARD_PORT
            ? "dashboard"
            : `dashboard-${declared.dashboard}`,
        port: declared.dashboard,
        protocol: "TCP",
        targetPort: "dashboard",
      },
      { name: "dashboard-https", port: declared.dashboardHttps, protocol: "TCP" },
    ].filter((port): port is Port => port.port !== undefined),
  );
  return {
    headless: createHeadless(site),
    listeners: createService(
      site,
      "listeners",
      names.listeners(site.name),
      listeners,
      args.listenersServiceTemplate,
    ),
    dashboard: isEnabled(args.dashboardServiceTemplate)
      ? createService(
          site,
          "dashboard",
          names.dashboard(site.name),
          dashboard,
          args.dashboardServiceTemplate,
        )
      : undefined,
    ports,
  };
}

type Templates = Pick<RolloutInputs, "config" | "coreTemplate" | "replicantTemplate">;

/** The dashboard is the cores'; clients go to the replicants, if there are any. */
export function servicePorts(given: Templates): DeclaredPorts {
  const portsOf = (template: NodeTemplate | undefined) =>
    declaredPorts(scanConfig({ config: given.config, env: template?.spec?.env }));
  const cores = portsOf(given.coreTemplate);
  if (replicantsOf(given) === 0) return cores;
  return { ...cores, listeners: portsOf(given.replicantTemplate).listeners };
}

const isEnabled = (template: EmqxClusterArgs["dashboardServiceTemplate"]): boolean =>
  template == null || !("enabled" in template) || template.enabled !== false;

/** The nodes find each other by it, across colours and before they are ready. */
export function createHeadless(site: Site): Service {
  return new Service(
    `${site.prefix}-headless`,
    {
      metadata: {
        name: names.headless(site.name),
        namespace: site.namespace,
        labels: site.labels,
      },
      spec: {
        clusterIP: "None",
        publishNotReadyAddresses: true,
        selector: everyColour(site.name),
        ports: [
          { name: "erlang-dist", port: 4370, targetPort: 4370, protocol: "TCP" },
          { name: "gen-rpc", port: 5369, targetPort: 5369, protocol: "TCP" },
        ],
      },
    },
    site.child,
  );
}

interface Port {
  name: string;
  port: number;
  protocol: string;
  /** Default the port itself. */
  targetPort?: string;
}

/** For templates that are known while the program runs only. */
const JUDGE = serviceTemplate(flag, { name: anyText });

export function createService(
  site: Site,
  what: string,
  name: string,
  declared: pulumi.Output<Port[]>,
  template: pulumi.Input<ServiceTemplateArgs> = {},
): Service {
  const given = pulumi
    .output(template)
    .apply((known) =>
      judgedValue(known, what === "service" ? "serviceTemplate" : `${what}ServiceTemplate`, JUDGE),
    );
  const spec = given.apply((t) => t.spec ?? {});
  const await_ = spec.apply((s) => (s.type === "LoadBalancer" ? WAIT_FOR_ADDRESS : SKIP_AWAIT));
  const merged = pulumi
    .all([spec, declared])
    .apply(([s, ports]) => ({ ...s, ports: mergePorts(s.ports ?? [], ports) }));
  return new Service(
    `${site.prefix}-${what}`,
    {
      metadata: {
        name,
        namespace: site.namespace,
        labels: given.apply((t) => ({ ...t.metadata?.labels, ...site.labels })),
        annotations: pulumi
          .all([given, await_])
          .apply(([t, ours]) => ({ ...ours, ...t.metadata?.annotations })),
      },
      spec: merged,
    },
    site.child,
  );
}

/** The user's ports come first; a declared one is added unless its name or number is taken. */
export function mergePorts<P extends { name?: string; port: number; protocol?: string }>(
  user: P[],
  declared: Port[],
): (P | core.v1.ServicePort)[] {
  const taken = (port: Port) =>
    user.some(
      (own) =>
        own.name === port.name ||
        (own.port === port.port && (own.protocol ?? "TCP") === port.protocol),
    );
  return [
    ...user,
    ...declared
      .filter((port) => !taken(port))
      .map((port): core.v1.ServicePort => ({ targetPort: port.port, ...port })),
  ];
}
