/** The rollout resource of an EMQX 4.4 cluster: the same engine, told by `enterprise`. */
import * as pulumi from "@pulumi/pulumi";
import type { Resource } from "@pulumi/pulumi";
import type { Site } from "../child";
import { Rollout } from "../rollout/resource";
import type { EmqxEnterpriseArgs } from "./args";
import type { EnterpriseServices } from "./children";
import { enterpriseImage, type EnterpriseImage } from "./inputs";
import { partOf, templateWithoutSecrets } from "./known-parts";
import type { EnterpriseSecrets } from "./secrets";

export function createEnterpriseRollout(
  site: Site,
  args: EmqxEnterpriseArgs,
  secrets: EnterpriseSecrets,
  services: EnterpriseServices,
  dependsOn: Resource[],
): Rollout {
  const image = partOf<EnterpriseImage>(args.template, ["spec", "emqxContainer", "image"]);
  const { license } = secrets;
  const { name } = args.serviceTemplate?.metadata ?? {};
  return new Rollout(
    `${site.prefix}-rollout`,
    {
      name: site.name,
      namespace: site.namespace,
      image: image.apply(enterpriseImage),
      clusterDomain: args.clusterDomain,
      updateStrategy: args.updateStrategy,
      persistentVolumeClaimRetentionPolicy: args.persistentVolumeClaimRetentionPolicy,
      apiKeysDigest: secrets.apiKeysDigest,
      enterprise: {
        replicas: args.replicas,
        persistent: args.persistent,
        blueGreenUpdate: args.blueGreenUpdate,
        template: templateWithoutSecrets(args.template),
        serviceTemplate: name === undefined ? undefined : { metadata: { name } },
        license: license && { secretName: license.secretName, key: license.key },
        licenseDigest: license?.digest,
        passwordDigest: secrets.passwordDigest,
      },
      services: {
        listeners: services.listeners.metadata.apply(({ uid, resourceVersion }) => ({
          uid,
          resourceVersion,
        })),
      },
      kubeconfig: args.kubeconfig === undefined ? undefined : pulumi.secret(args.kubeconfig),
      context: args.context,
    },
    { ...site.child, dependsOn },
  );
}
