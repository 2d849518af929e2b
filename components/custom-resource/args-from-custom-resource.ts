/** Moves a cluster of the EMQX Operator here: its custom resource becomes a component's arguments. */
import type { EmqxClusterArgs } from "../args";
import type { EmqxEnterpriseArgs } from "../enterprise/args";
import { shown } from "../shown";
import { invalid, readCustomResource } from "./custom-resource";
import { argsFromV2alpha1, argsFromV2beta1 } from "./emqx";
import { argsFromV1beta4 } from "./emqx-enterprise";

export type FromCustomResource =
  | { kind: "EmqxCluster"; name: string; args: EmqxClusterArgs }
  | { kind: "EmqxEnterprise"; name: string; args: EmqxEnterpriseArgs };

/**
 * The component and its arguments for a parsed custom resource: `EMQX` of `apps.emqx.io/v2beta1`
 * and `v2alpha1`, `EmqxEnterprise` of `v1beta4`. A field that cannot be honoured is an error that
 * names it; docs/operator.md has the table. `status` and what the API server adds are passed over.
 *
 * @example
 * const { args } = argsFromCustomResource(parse(readFileSync("emqx.yaml", "utf8")));
 */
export function argsFromCustomResource(cr: unknown): FromCustomResource {
  const resource = readCustomResource(cr);
  const { name } = resource;
  switch (`${resource.apiVersion} ${resource.kind}`) {
    case "apps.emqx.io/v2beta1 EMQX":
      return { kind: "EmqxCluster", name, args: argsFromV2beta1(resource) };
    case "apps.emqx.io/v2alpha1 EMQX":
      return { kind: "EmqxCluster", name, args: argsFromV2alpha1(resource) };
    case "apps.emqx.io/v1beta4 EmqxEnterprise":
      return { kind: "EmqxEnterprise", name, args: argsFromV1beta4(resource) };
    default:
      throw invalid(
        "Expected `EMQX` of apps.emqx.io/v2beta1 or v2alpha1, or `EmqxEnterprise` of apps.emqx.io/v1beta4, " +
          `got \`${shown(resource.kind)}\` of ${shown(resource.apiVersion)}. Convert it with the operator first ` +
          "(`kubectl get emqx.v2beta1.apps.emqx.io -o yaml`), or write the arguments by hand.",
      );
  }
}
