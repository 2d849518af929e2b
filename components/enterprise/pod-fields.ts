/** Fields that shape an EMQX 4.4 pod, for its revision; frozen like a version of the hash. */
import { names } from "../labels";
import type { RolloutInputs } from "../rollout/inputs";

/** By the path that the user knows; whoever hashes them leaves empty values out. */
export function enterprisePodFields(inputs: RolloutInputs): Record<string, unknown> {
  const { template, license, persistent, licenseDigest, passwordDigest } = inputs.enterprise ?? {};
  const { emqxContainer = {}, ...spec } = template?.spec ?? {};
  const { image, emqxConfig, ...container } = emqxContainer;
  const retention = inputs.persistentVolumeClaimRetentionPolicy;
  const fields: Record<string, unknown> = {
    "template.spec.emqxContainer.image": inputs.image,
    "template.spec.emqxContainer.image.pullPolicy": image?.pullPolicy,
    clusterDomain: inputs.clusterDomain,
    license: licenseDigest,
    "license.secretName": license?.secretName,
    "template.spec.emqxContainer.bootstrapAPIKeys": inputs.apiKeysDigest,
    [`template.spec.emqxContainer.emqxConfig.${PASSWORD}`]: passwordDigest,
    "template.metadata.labels": template?.metadata?.labels,
    "template.metadata.annotations": template?.metadata?.annotations,
    "persistent.metadata": persistent?.metadata,
    "persistent.spec": persistent?.spec,
    "persistentVolumeClaimRetentionPolicy.whenDeleted": retention?.whenDeleted,
    "persistentVolumeClaimRetentionPolicy.whenScaled": retention?.whenScaled,
  };
  const parts = Object.entries({
    "template.spec": spec,
    "template.spec.emqxContainer": container,
    "template.spec.emqxContainer.emqxConfig": emqxConfig,
  });
  for (const [path, part] of parts) {
    for (const [key, value] of Object.entries(part ?? {})) fields[`${path}.${key}`] = value;
  }
  // The sidecar does not exist here, so its image shapes no pod.
  delete fields["template.spec.reloaderImage"];
  const defaults = defaultsOf(inputs);
  return Object.fromEntries(
    Object.entries(fields).filter(([path, value]) => value !== defaults[path]),
  );
}

/** Setting whose value stays out of the rollout's inputs. */
export const PASSWORD = "dashboard.default_user.password";

function defaultsOf(inputs: RolloutInputs): Record<string, unknown> {
  return {
    clusterDomain: "cluster.local",
    "license.secretName": names.licenseSecret(inputs.name),
    "template.spec.serviceAccountName": names.serviceAccount(inputs.name),
    "template.spec.emqxContainer.name": "emqx",
    "template.spec.emqxContainer.image.pullPolicy": "IfNotPresent",
    "template.spec.emqxContainer.emqxConfig.name": inputs.name,
    "template.spec.emqxContainer.emqxConfig.cluster.discovery": "dns",
    "template.spec.emqxContainer.emqxConfig.cluster.dns.type": "srv",
    "persistentVolumeClaimRetentionPolicy.whenDeleted": "Delete",
    "persistentVolumeClaimRetentionPolicy.whenScaled": "Delete",
  };
}
