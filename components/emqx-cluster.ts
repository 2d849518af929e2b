import * as pulumi from "@pulumi/pulumi";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1";
import type { EmqxClusterArgs } from "./args";
import { siteOf, type Site } from "./child";
import { asEmqxError } from "./errors";
import { everyColour, names } from "./labels";
import type { ClusterStatus, RolloutSummary } from "./rollout/outputs";
import { Rollout } from "./rollout/resource";
import { createSecrets, type Secrets } from "./secrets";
import { createServices, type Services } from "./services";
import { validateCluster } from "./validate";
import { withoutOutputs } from "./without-outputs";

/** A Service as clients see it. */
export interface ServiceInfo {
  name: string;
  ports: { name?: string; port: number; nodePort?: number; protocol?: string }[];
}

/**
 * An EMQX 5 or 6 cluster of core nodes on Kubernetes. A change of the image, or of anything else
 * in the pods, is performed by `pulumi up` as a graceful blue-green upgrade.
 *
 * @example
 * const emqx = new EmqxCluster("emqx", {
 *   image: "emqx/emqx:6.0.1",
 *   license: config.requireSecret("license"),
 *   coreTemplate: { spec: { replicas: 3 } },
 *   updateStrategy: { evacuationStrategy: { connEvictRate: 100 } },
 * });
 */
export class EmqxCluster extends pulumi.ComponentResource {
  /** The Service that MQTT clients connect to. */
  declare readonly listenersService: pulumi.Output<ServiceInfo>;
  /** The Service of the dashboard and the HTTP API; undefined when it is disabled. */
  declare readonly dashboardService: pulumi.Output<ServiceInfo | undefined>;
  /** URL of the dashboard within the Kubernetes cluster. */
  declare readonly dashboardUrl: pulumi.Output<string>;
  /** Password of the dashboard's user `admin`, as first set. */
  declare readonly adminPassword: pulumi.Output<string>;
  /** Revision that serves. */
  declare readonly currentRevision: pulumi.Output<string>;
  /** Nodes, evacuations and conditions after the last update, with the operator's names. */
  declare readonly status: pulumi.Output<ClusterStatus>;
  /** Phases with their seconds, rates and verdict of the last rollout. */
  declare readonly lastRollout: pulumi.Output<RolloutSummary>;

  constructor(name: string, args: EmqxClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pulumi-emqx:index:EmqxCluster", name, {}, opts);
    requireValid(this, name, args);

    const site = siteOf(name, args, { parent: this });
    const secrets = createSecrets(site, args);
    const account = createAccount(site, args);
    createBudget(site, args);
    const services = createServices(site, args);
    const rollout = createRollout(site, args, secrets, services, account);

    const outputs = {
      listenersService: infoOf(services.listeners),
      dashboardService: services.dashboard
        ? infoOf(services.dashboard)
        : pulumi.output<ServiceInfo | undefined>(undefined),
      dashboardUrl: dashboardUrl(site, args, services),
      adminPassword: pulumi.secret(secrets.adminPassword),
      currentRevision: rollout.currentRevision,
      status: rollout.status,
      lastRollout: rollout.lastRollout,
    };
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }
}

function requireValid(component: EmqxCluster, name: string, args: EmqxClusterArgs): void {
  const plain = withoutOutputs(args ?? {});
  const problems = validateCluster({ ...plain, name: args?.name ?? name });
  if (problems.length === 0) return;
  const reasons = problems.map(({ reason }) => `  - ${reason}`).join("\n");
  const text = `EMQX_INVALID_ARGUMENT: EmqxCluster "${name}" cannot be made of these arguments:\n${reasons}`;
  // Pulumi shows a ResourceError at its resource and without a stack.
  throw asEmqxError(new pulumi.ResourceError(text, component, true), "EMQX_INVALID_ARGUMENT");
}

/** Undefined when the user brings one. EMQX does not talk to Kubernetes, so it gets no token. */
function createAccount(site: Site, args: EmqxClusterArgs): ServiceAccount | undefined {
  if (args.serviceAccountName !== undefined) return undefined;
  const metadata = {
    name: names.serviceAccount(site.name),
    namespace: site.namespace,
    labels: site.labels,
  };
  return new ServiceAccount(
    `${site.prefix}-service-account`,
    { metadata, automountServiceAccountToken: false },
    site.child,
  );
}

/** Counts the pods of both colours, so that a drained host never takes more than it may. */
function createBudget(site: Site, args: EmqxClusterArgs): PodDisruptionBudget {
  const metadata = {
    name: names.coreBudget(site.name),
    namespace: site.namespace,
    labels: site.labels,
  };
  const spec = pulumi.output(args.coreTemplate).apply((template) => {
    const selector = { matchLabels: everyColour(site.name) };
    const { minAvailable, maxUnavailable = 1 } = template?.spec ?? {};
    return minAvailable === undefined ? { selector, maxUnavailable } : { selector, minAvailable };
  });
  return new PodDisruptionBudget(`${site.prefix}-core`, { metadata, spec }, site.child);
}

function createRollout(
  site: Site,
  args: EmqxClusterArgs,
  secrets: Secrets,
  services: Services,
  account: ServiceAccount | undefined,
): Rollout {
  const identity = ({ metadata }: Services["listeners"]) =>
    metadata.apply(({ uid, resourceVersion }) => ({ uid, resourceVersion }));
  const { dashboard, headless, listeners } = services;
  return new Rollout(
    `${site.prefix}-rollout`,
    {
      name: site.name,
      namespace: site.namespace,
      image: args.image,
      imagePullPolicy: args.imagePullPolicy,
      imagePullSecrets: args.imagePullSecrets,
      serviceAccountName: args.serviceAccountName,
      config: args.config,
      clusterDomain: args.clusterDomain,
      revisionHistoryLimit: args.revisionHistoryLimit,
      updateStrategy: args.updateStrategy,
      coreTemplate: args.coreTemplate,
      persistentVolumeClaimRetentionPolicy: args.persistentVolumeClaimRetentionPolicy,
      licenseDigest: secrets.licenseDigest,
      apiKeysDigest: secrets.apiKeysDigest,
      services: {
        listeners: identity(listeners),
        dashboard: dashboard && identity(dashboard),
      },
      kubeconfig: args.kubeconfig === undefined ? undefined : pulumi.secret(args.kubeconfig),
      context: args.context,
    },
    {
      ...site.child,
      dependsOn: [
        ...secrets.all,
        headless,
        listeners,
        ...(dashboard ? [dashboard] : []),
        ...(account ? [account] : []),
      ],
    },
  );
}

function infoOf(service: Services["listeners"]): pulumi.Output<ServiceInfo> {
  return pulumi.all([service.metadata.name, service.spec.ports]).apply(([name, ports]) => ({
    name,
    ports: (ports ?? []).map((port) => ({
      name: port.name,
      port: port.port,
      nodePort: port.nodePort,
      protocol: port.protocol,
    })),
  }));
}

function dashboardUrl(
  site: Site,
  args: EmqxClusterArgs,
  services: Services,
): pulumi.Output<string> {
  const domain = pulumi.output(args.clusterDomain).apply((d) => d ?? "cluster.local");
  const port = services.ports.apply(({ dashboard }) => dashboard);
  return pulumi.interpolate`http://${names.dashboard(site.name)}.${site.namespace}.svc.${domain}:${port}`;
}
