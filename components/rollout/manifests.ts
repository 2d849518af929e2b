/** The two objects of a revision, from the inputs alone. */
import { emqxConf } from "../emqx-conf";
import { enterpriseManifests } from "../enterprise/manifests";
import {
  commonLabels,
  CONFIG_DIGEST_ANNOTATION,
  CONTENT_DIGEST_ANNOTATION,
  LICENSE_DIGEST_ANNOTATION,
  names,
  oneColour,
} from "../labels";
import { strategyOf, type RolloutInputs } from "./inputs";
import { dataVolume, podTemplate } from "./pod";
import { chooseRevision } from "./revision";
import { contentDigest, hotSettingsOf } from "./settings";
import type { KubernetesObject, Manifests, Role, Site } from "./types";

/** Which set an object belongs to. */
interface Colour {
  role: Role;
  revision: string;
}

/** ConfigMap and workload, ready for server-side apply: plain JSON without `undefined`. */
export function manifestsOf(inputs: RolloutInputs, site: Site): Manifests {
  if (inputs.enterprise) {
    return enterpriseManifests(inputs, site, chooseRevision(inputs, []).revision);
  }
  return (role, revision, replicas) => {
    const colour = { role, revision };
    const workload =
      role === "core"
        ? statefulSet(inputs, site, colour, replicas)
        : deployment(inputs, site, colour, replicas);
    return { configMap: plain(configMap(inputs, site, colour)), workload: plain(workload) };
  };
}

/** The annotations say which settings its pods start with. */
function configMap(inputs: RolloutInputs, site: Site, colour: Colour): KubernetesObject {
  const { config, license } = hotSettingsOf(inputs).digests;
  const data = { "emqx.conf": emqxConf(inputs.config) };
  const annotations = {
    [CONTENT_DIGEST_ANNOTATION]: contentDigest(data),
    ...(config === undefined ? {} : { [CONFIG_DIGEST_ANNOTATION]: config }),
    ...(license === undefined ? {} : { [LICENSE_DIGEST_ANNOTATION]: license }),
  };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      ...metadata(site, names.config(site.name, colour.revision), colour),
      annotations,
    },
    data,
  };
}

function statefulSet(
  inputs: RolloutInputs,
  site: Site,
  colour: Colour,
  replicas: number,
): KubernetesObject {
  const claim = inputs.coreTemplate?.spec?.volumeClaimTemplates;
  const retention = inputs.persistentVolumeClaimRetentionPolicy;
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: metadata(site, names.coreSet(site.name, colour.revision), colour),
    spec: {
      replicas,
      serviceName: names.headless(site.name),
      podManagementPolicy: "Parallel",
      // A template is never changed in place; should it be, no pod may restart by itself.
      updateStrategy: { type: "OnDelete" },
      selector: { matchLabels: selectorOf(site, colour) },
      template: podTemplate(inputs, site, colour),
      ...(claim == null
        ? {}
        : {
            volumeClaimTemplates: [
              {
                metadata: { name: dataVolume(site.name, "core"), labels: labelsOf(site, colour) },
                spec: claim,
              },
            ],
            persistentVolumeClaimRetentionPolicy: {
              whenDeleted: retention?.whenDeleted ?? "Delete",
              whenScaled: retention?.whenScaled ?? "Delete",
            },
          }),
    },
  };
}

function deployment(
  inputs: RolloutInputs,
  site: Site,
  colour: Colour,
  replicas: number,
): KubernetesObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: metadata(site, names.replicantSet(site.name, colour.revision), colour),
    spec: {
      replicas,
      revisionHistoryLimit: 0,
      progressDeadlineSeconds: strategyOf(inputs).progressDeadlineSeconds,
      // A template is never changed in place. Should it be, a pod goes only once another is ready;
      // `paused` would be stricter, but then Kubernetes does not create the first pods either.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: selectorOf(site, colour) },
      template: podTemplate(inputs, site, colour),
    },
  };
}

const selectorOf = (site: Site, { role, revision }: Colour) => oneColour(site.name, revision, role);

const labelsOf = (site: Site, colour: Colour) => ({
  ...commonLabels(site.name),
  ...selectorOf(site, colour),
});

function metadata(site: Site, name: string, colour: Colour): KubernetesObject["metadata"] {
  return { name, namespace: site.namespace, labels: labelsOf(site, colour) };
}

const plain = (object: KubernetesObject): KubernetesObject => JSON.parse(JSON.stringify(object));
