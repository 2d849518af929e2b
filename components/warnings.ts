/** What is allowed but rarely meant, shown at preview and update. */
import * as pulumi from "@pulumi/pulumi";
import type { EmqxClusterArgs } from "./args";
import { licenseWarning } from "./license-rules";
import { replicantsOf, replicasOf, type RolloutInputs } from "./rollout/inputs";
import type { LicenseFacts } from "./rollout/types";

export function warnAbout(
  resource: pulumi.Resource,
  args: EmqxClusterArgs,
  facts: pulumi.Output<LicenseFacts | undefined>,
): void {
  const { coreTemplate, replicantTemplate, dashboardTls } = args;
  pulumi
    .all([pulumi.output({ coreTemplate, replicantTemplate, dashboardTls }), facts])
    .apply(async ([templates, license]) => {
      const warnings = warningsOf(templates as Templates, license);
      for (const text of warnings) await pulumi.log.warn(text, resource);
    });
}

type Templates = Pick<RolloutInputs, "coreTemplate" | "replicantTemplate" | "dashboardTls">;

export function warningsOf(templates: Templates, license?: LicenseFacts): string[] {
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
  const limits = license && licenseWarning(license);
  return limits === undefined ? warnings : [...warnings, limits];
}
