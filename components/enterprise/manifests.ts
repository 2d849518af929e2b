/** The two objects of a set of EMQX 4.4 nodes, from the inputs alone. */
import { commonLabels, names, oneColour, ROLLING, TEMPLATE_ANNOTATION } from "../labels";
import type { RolloutInputs } from "../rollout/inputs";
import type { KubernetesObject, Manifests, Site } from "../rollout/types";
import { dataVolume, enterprisePod } from "./pod";
import { containerOf } from "./settings";

/** EMQX's own `acl.conf`, which the operator writes too. */
const DEFAULT_ACL = [
  '{allow, {user, "dashboard"}, subscribe, ["$SYS/#"]}.',
  '{allow, {ipaddr, "127.0.0.1"}, pubsub, ["$SYS/#", "#"]}.',
  '{deny, all, subscribe, ["$SYS/#", {eq, "#"}]}.',
  "{allow, all}.",
];

/** ConfigMap and StatefulSet; `hash` is the revision of the pod's fields. */
export function enterpriseManifests(inputs: RolloutInputs, site: Site, hash: string): Manifests {
  return (_role, revision, replicas) => ({
    configMap: plain(configMap(inputs, site, revision)),
    workload: plain(statefulSet(inputs, site, { revision, hash, replicas })),
  });
}

function configMap(inputs: RolloutInputs, site: Site, revision: string): KubernetesObject {
  const given = containerOf(inputs.enterprise ?? {}).emqxACL ?? [];
  const lines = given.length > 0 ? given : DEFAULT_ACL;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata(site, names.config(site.name, revision), revision),
    data: { "acl.conf": lines.map((line) => `${line}\n`).join("") },
  };
}

function statefulSet(
  inputs: RolloutInputs,
  site: Site,
  { revision, hash, replicas }: { revision: string; hash: string; replicas: number },
): KubernetesObject {
  const rolling = revision === ROLLING;
  const name = rolling ? site.name : names.enterpriseSet(site.name, revision);
  const mark = rolling ? { annotations: { [TEMPLATE_ANNOTATION]: hash } } : {};
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { ...metadata(site, name, revision), ...mark },
    spec: {
      replicas,
      serviceName: names.headless(site.name),
      podManagementPolicy: "Parallel",
      // A colour's template is never changed in place; should it be, no pod may restart by itself.
      updateStrategy: { type: rolling ? "RollingUpdate" : "OnDelete" },
      selector: { matchLabels: oneColour(site.name, revision) },
      template: enterprisePod(inputs, site, revision, hash),
      ...volumeClaims(inputs, site, revision),
    },
  };
}

function volumeClaims(inputs: RolloutInputs, site: Site, revision: string): object {
  const claim = inputs.enterprise?.persistent;
  if (!claim) return {};
  const retention = inputs.persistentVolumeClaimRetentionPolicy;
  const ours = { ...commonLabels(site.name), ...oneColour(site.name, revision) };
  const labels = { ...(claim.metadata?.labels as object | undefined), ...ours };
  return {
    volumeClaimTemplates: [
      { metadata: { ...claim.metadata, name: dataVolume(inputs), labels }, spec: claim.spec },
    ],
    persistentVolumeClaimRetentionPolicy: {
      whenDeleted: retention?.whenDeleted ?? "Delete",
      whenScaled: retention?.whenScaled ?? "Delete",
    },
  };
}

function metadata(site: Site, name: string, revision: string): KubernetesObject["metadata"] {
  return {
    name,
    namespace: site.namespace,
    labels: { ...commonLabels(site.name), ...oneColour(site.name, revision) },
  };
}

const plain = (object: KubernetesObject): KubernetesObject => JSON.parse(JSON.stringify(object));
