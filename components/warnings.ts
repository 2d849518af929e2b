/** What is allowed but rarely meant, shown at preview and update. */
import * as pulumi from "@pulumi/pulumi";
import type { EmqxClusterArgs } from "./args";
import { scanConfig } from "./config-scan";
import { licenseWarning } from "./license-rules";
import { declaredPorts, isHttpsOnly } from "./ports";
import { replicantsOf, replicasOf, type RolloutInputs } from "./rollout/inputs";
import type { LicenseFacts } from "./rollout/types";

export function warnAbout(
  resource: pulumi.Resource,
  args: EmqxClusterArgs,
  facts: pulumi.Output<LicenseFacts | undefined>,
): void {
  const { config, coreTemplate, replicantTemplate, dashboardTls, monitoring } = args;
  const judged = { config, coreTemplate, replicantTemplate, dashboardTls, monitoring };
  pulumi.all([pulumi.output(judged), facts]).apply(async ([values, license]) => {
    const warnings = warningsOf(values as Judged, license);
    for (const text of warnings) await pulumi.log.warn(text, resource);
  });
}

/** Of the listener's zone, or of one that a listener names. */
const DURABLE = /^(zones\.[^.]+\.)?durable_sessions\.enable$/;

type Judged = Pick<
  RolloutInputs,
  "config" | "coreTemplate" | "replicantTemplate" | "dashboardTls"
> & { monitoring?: { podMonitor?: unknown } };

export function warningsOf(templates: Judged, license?: LicenseFacts): string[] {
  const warnings: string[] = [];
  if (replicantsOf(templates) > 0 && replicasOf(templates) < 2) {
    warnings.push(
      "One core serves all replicants: while it restarts no client can connect or subscribe. " +
        "Set `coreTemplate.spec.replicas` to 2 or more.",
    );
  }
  if (templates.dashboardTls?.insecureSkipVerify) {
    warnings.push(
      "`dashboardTls.insecureSkipVerify` is set: whoever gets between can read the API key and answer in EMQX's " +
        "place. Give the certificate's authority as `dashboardTls.caBundle` instead.",
    );
  }
  const { config, coreTemplate, monitoring } = templates;
  const settings = scanConfig({ config, env: coreTemplate?.spec?.env });
  if ([...settings].some(([path, value]) => DURABLE.test(path) && value === "true")) {
    warnings.push(
      "`durable_sessions` is enabled: an upgrade of the cores does not move the replicas of EMQX's durable storage, " +
        'and what only the old cores hold is deleted with them. Set `updateStrategy.gate` to "manual" and move ' +
        "them before you promote: docs/upgrades.md, Durable storage.",
    );
  }
  if (monitoring && monitoring.podMonitor !== false && isHttpsOnly(declaredPorts(settings))) {
    warnings.push(
      "`monitoring` scrapes the dashboard's HTTP listener, which is disabled: there will be no series and no alert. " +
        "Enable it, or set `monitoring.podMonitor` to false and scrape HTTPS with a PodMonitor of your own.",
    );
  }
  const limits = license && licenseWarning(license);
  return limits === undefined ? warnings : [...warnings, limits];
}
