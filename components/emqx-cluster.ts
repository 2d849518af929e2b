import * as pulumi from "@pulumi/pulumi";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1";
import type { EmqxClusterArgs } from "./args";
import { createBudgets } from "./budgets";
import { siteOf, type Site } from "./child";
import { names } from "./labels";
import { licenseFactsOf } from "./license-key";
import type { Target } from "./monitoring/args";
import { createMonitoring } from "./monitoring/monitoring";
import { adopting, own } from "./ownership/own";
import { isHttpsOnly } from "./ports";
import { releaseOf } from "./release";
import type { ClusterStatus, RolloutSummary } from "./rollout/outputs";
import type { ConfigDrift, LicenseFacts } from "./rollout/types";
import { Rollout } from "./rollout/resource";
import { requireValid } from "./require-valid";
import { createSecrets, type Secrets } from "./secrets";
import { createServices, type Services } from "./services";
import { validateCluster } from "./validate";
import { warnAbout } from "./warnings";

/** A Service as clients see it. */
export interface ServiceInfo {
  name: string;
  ports: { name?: string; port: number; nodePort?: number; protocol?: string }[];
}

/**
 * An EMQX 5 or 6 cluster of core nodes, and replicants if wanted, on Kubernetes. A change of the image, or of anything else
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
  /** Settings that somebody changed in EMQX, as the last refresh saw it; undefined when none. */
  declare readonly configDrift: pulumi.Output<ConfigDrift[] | undefined>;

  constructor(name: string, given: EmqxClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pulumi-emqx:index:EmqxCluster", name, {}, adopting(name, given, opts));
    const args = requireValid(this, name, given, JUDGE);
    const { site, keys } = own(siteOf(name, args, { parent: this }), args);
    const secrets = createSecrets(site, keys, args);
    const account = createAccount(site, args);
    createBudgets(site, args);
    const services = createServices(site, args);
    const license = factsOf(args);
    const rollout = createRollout(site, args, { secrets, services, account, license });
    createMonitoring(site, args.monitoring, monitored(site), args);
    warnAbout(this, args, license);

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
      configDrift: rollout.configDrift,
    };
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }
}

const JUDGE = {
  kind: "EmqxCluster",
  known: ["name", "namespace", "adopt", "monitoring"],
  validate: validateCluster,
};

/** Undefined when the user brings one. EMQX does not talk to Kubernetes, so it gets no token. */
export function createAccount(
  site: Site,
  args: Pick<EmqxClusterArgs, "serviceAccountName">,
): ServiceAccount | undefined {
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

interface Parts {
  secrets: Secrets;
  services: Services;
  account?: ServiceAccount;
  license: pulumi.Output<LicenseFacts | undefined>;
}

function createRollout(
  site: Site,
  args: EmqxClusterArgs,
  { secrets, services, account, license }: Parts,
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
      dashboardTls: args.dashboardTls,
      revisionHistoryLimit: args.revisionHistoryLimit,
      updateStrategy: args.updateStrategy,
      coreTemplate: args.coreTemplate,
      replicantTemplate: args.replicantTemplate,
      persistentVolumeClaimRetentionPolicy: args.persistentVolumeClaimRetentionPolicy,
      licenseDigest: digestOf(args, secrets),
      licenseFacts: license,
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

/** None for a release without licences, which has no API to take one. */
function digestOf(
  { image }: EmqxClusterArgs,
  { licenseDigest }: Secrets,
): pulumi.Output<string | undefined> | undefined {
  return (
    licenseDigest &&
    pulumi
      .all([image, licenseDigest])
      .apply(([name, digest]) => (releaseOf(name).licensed ? digest : undefined))
  );
}

/** Facts of a secret are none themselves. */
function factsOf(args: EmqxClusterArgs): pulumi.Output<LicenseFacts | undefined> {
  const { image, license, config, coreTemplate } = args;
  return pulumi.unsecret(
    pulumi.output({ image, license, config, coreTemplate }).apply(licenseFactsOf),
  );
}

const monitored = ({ name, namespace }: Site): Target => ({
  name,
  namespace,
  dialect: "v5",
  dashboardPortName: "dashboard",
});

export function infoOf(service: Services["listeners"]): pulumi.Output<ServiceInfo> {
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
  const scheme = services.ports.apply((ports) => (isHttpsOnly(ports) ? "https" : "http"));
  const port = services.ports.apply(({ dashboard, dashboardHttps }) => dashboard ?? dashboardHttps);
  return pulumi.interpolate`${scheme}://${names.dashboard(site.name)}.${site.namespace}.svc.${domain}:${port}`;
}
