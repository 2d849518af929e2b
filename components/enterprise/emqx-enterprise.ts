import * as pulumi from "@pulumi/pulumi";
import { siteOf, type Site } from "../child";
import { createAccount, infoOf, type ServiceInfo } from "../emqx-cluster";
import { names } from "../labels";
import { createMonitoring } from "../monitoring/monitoring";
import { adopting, own } from "../ownership/own";
import { requireValid } from "../require-valid";
import type { ClusterStatus, RolloutSummary } from "../rollout/outputs";
import { isObject } from "../shape";
import { hasUnknown } from "../unknown";
import { withoutOutputs } from "../without-outputs";
import type { EmqxEnterpriseArgs } from "./args";
import { createEnterpriseBudget, createEnterpriseServices, resolvedTemplate } from "./children";
import type { EnterpriseTemplate } from "./inputs";
import { DASHBOARD, dashboardPortName } from "./pod-ports";
import { createEnterpriseRollout } from "./rollout";
import { createEnterpriseSecrets } from "./secrets";
import { dashboardPort, containerOf, settingsOf } from "./settings";
import { validateEnterprise } from "./validate";

/**
 * An EMQX Enterprise 4.4 cluster on Kubernetes. With `blueGreenUpdate`, a change of `template` is
 * performed by `pulumi up` as a graceful blue-green upgrade.
 *
 * @example
 * const emqx = new EmqxEnterprise("emqx-ee", {
 *   license: { stringData: config.requireSecret("license") },
 *   blueGreenUpdate: { evacuationStrategy: { connEvictRate: 200, sessEvictRate: 200 } },
 *   template: { spec: { emqxContainer: { image: { version: "4.4.14" } } } },
 * });
 */
export class EmqxEnterprise extends pulumi.ComponentResource {
  /** The Service: MQTT, management API and dashboard. */
  declare readonly listenersService: pulumi.Output<ServiceInfo>;
  /** URL of the dashboard within the Kubernetes cluster; undefined when it is switched off. */
  declare readonly dashboardUrl: pulumi.Output<string | undefined>;
  /** Password of the dashboard's administrator, as first set. */
  declare readonly adminPassword: pulumi.Output<string>;
  /** Revision that serves. */
  declare readonly currentRevision: pulumi.Output<string>;
  /** Nodes, evacuations and conditions after the last update, with the operator's names. */
  declare readonly status: pulumi.Output<ClusterStatus>;
  /** Phases with their seconds, rates and verdict of the last rollout. */
  declare readonly lastRollout: pulumi.Output<RolloutSummary>;

  constructor(name: string, given: EmqxEnterpriseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("pulumi-emqx:index:EmqxEnterprise", name, {}, adopting(name, given, opts));
    const args = requireValid(this, name, given, JUDGE);
    const { site, keys } = own(siteOf(name, args, { parent: this }), args);
    const secrets = createEnterpriseSecrets(site, keys, args);
    const account = createAccount(site, knownTemplate(args)?.spec ?? {});
    createEnterpriseBudget(site);
    const services = createEnterpriseServices(site, args);
    createMonitoring(site, args.monitoring, targetOf(site, args), args);
    const rollout = createEnterpriseRollout(site, args, secrets, services, [
      ...secrets.all,
      services.headless,
      services.listeners,
      ...(account ? [account] : []),
    ]);

    const outputs = {
      listenersService: infoOf(services.listeners),
      dashboardUrl: dashboardUrl(site, args),
      adminPassword: pulumi.secret(secrets.adminPassword),
      currentRevision: rollout.currentRevision,
      status: rollout.status,
      lastRollout: rollout.lastRollout,
    };
    Object.assign(this, outputs);
    this.registerOutputs(outputs);
  }
}

const JUDGE = {
  kind: "EmqxEnterprise",
  known: ["name", "namespace", "adopt", "license", "serviceTemplate", "monitoring"],
  validate: validateEnterprise,
};

/** The template, as far as it is known while the program runs. */
function knownTemplate(args: EmqxEnterpriseArgs): EnterpriseTemplate | undefined {
  const { template } = withoutOutputs({ template: args.template });
  return isObject(template) ? template : undefined;
}

/** What Prometheus scrapes: the dashboard's port, as document 002 does. */
function targetOf(site: Site, args: EmqxEnterpriseArgs) {
  const template = knownTemplate(args);
  const portName = hasUnknown(template?.spec?.emqxContainer)
    ? DASHBOARD
    : dashboardPortName({ template });
  return {
    name: site.name,
    namespace: site.namespace,
    dialect: "v4" as const,
    dashboardPortName: portName ?? DASHBOARD,
    basicAuthSecret: names.dashboardSecret(site.name),
  };
}

function dashboardUrl(site: Site, args: EmqxEnterpriseArgs): pulumi.Output<string | undefined> {
  const { name = site.name } = args.serviceTemplate?.metadata ?? {};
  return pulumi
    .all([resolvedTemplate(args), args.clusterDomain])
    .apply(([template, domain = "cluster.local"]) => {
      const port = dashboardPort(settingsOf(containerOf({ template })));
      return port === undefined
        ? undefined
        : `http://${name}.${site.namespace}.svc.${domain}:${port}`;
    });
}
