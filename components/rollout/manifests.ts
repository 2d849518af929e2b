/** The two objects of a revision, from the inputs alone. */
import { commonLabels, names, oneColour } from "../labels";
import type { RolloutInputs } from "./inputs";
import { dataVolume, podTemplate } from "./pod";
import type { KubernetesObject, SetManifests, Site } from "./types";

/** ConfigMap and StatefulSet, ready for server-side apply: plain JSON without `undefined`. */
export function manifestsOf(
  inputs: RolloutInputs,
  site: Site,
): (revision: string, replicas: number) => SetManifests {
  return (revision, replicas) => ({
    configMap: plain(configMap(inputs, site, revision)),
    statefulSet: plain(statefulSet(inputs, site, revision, replicas)),
  });
}

function configMap(inputs: RolloutInputs, site: Site, revision: string): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata(site, names.config(site.name, revision), revision),
    data: { "emqx.conf": emqxConf(inputs) },
  };
}

/** The user's text, then the roots: JSON is HOCON, and a later setting wins. */
export function emqxConf({ config }: Pick<RolloutInputs, "config">): string {
  const roots = Object.entries(config?.roots ?? {}).map(
    ([root, value]) => `${JSON.stringify(root)} = ${JSON.stringify(value, null, 2)}`,
  );
  return [config?.data?.trimEnd(), ...roots]
    .filter((part) => part)
    .map((part) => `${part}\n`)
    .join("\n");
}

function statefulSet(
  inputs: RolloutInputs,
  site: Site,
  revision: string,
  replicas: number,
): KubernetesObject {
  const claim = inputs.coreTemplate?.spec?.volumeClaimTemplates;
  const retention = inputs.persistentVolumeClaimRetentionPolicy;
  const claimLabels = { ...commonLabels(site.name), ...oneColour(site.name, revision) };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: metadata(site, names.coreSet(site.name, revision), revision),
    spec: {
      replicas,
      serviceName: names.headless(site.name),
      podManagementPolicy: "Parallel",
      // A template is never changed in place; should it be, no pod may restart by itself.
      updateStrategy: { type: "OnDelete" },
      selector: { matchLabels: oneColour(site.name, revision) },
      template: podTemplate(inputs, site, revision),
      ...(claim === undefined
        ? {}
        : {
            volumeClaimTemplates: [
              { metadata: { name: dataVolume(site.name), labels: claimLabels }, spec: claim },
            ],
            persistentVolumeClaimRetentionPolicy: {
              whenDeleted: retention?.whenDeleted ?? "Delete",
              whenScaled: retention?.whenScaled ?? "Delete",
            },
          }),
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
