/** How an EMQX 4.4 cluster is found again, and what its inputs aim at. */
import { names, ROLLING } from "../labels";
import type { RolloutInputs } from "../rollout/inputs";
import type { Desired, Site, Strategy } from "../rollout/types";
import type { EnterpriseInputs } from "./inputs";
import { containerOf, managementPort, settingsOf } from "./settings";

/** Key in the Secret and name of the file with the bootstrap API keys. */
export const BOOTSTRAP_FILE = "bootstrap_user";
/** Name of the licence file in the pods, and its key in our own Secret. */
export const LICENSE_FILE = "emqx.lic";
/** The operator's default. */
const DEFAULT_REPLICAS = 3;

/** Names and ports by which the cluster is found again; no credentials. */
export function enterpriseSite(inputs: RolloutInputs): Site {
  const enterprise = inputs.enterprise ?? {};
  const settings = settingsOf(containerOf(enterprise));
  return {
    name: inputs.name,
    namespace: inputs.namespace,
    clusterDomain: inputs.clusterDomain ?? "cluster.local",
    dialect: "v4",
    nodePrefix: settings.get("name") ?? inputs.name,
    listenersService: enterprise.serviceTemplate?.metadata?.name ?? inputs.name,
    dashboardPort: managementPort(settings),
    apiKeySecret: { name: names.apiKeySecret(inputs.name), key: BOOTSTRAP_FILE },
    licenseConfigured: enterprise.license != null || settings.has("license.file"),
  };
}

/** The goal; `hash` is the revision of the pod's fields. */
export function enterpriseDesired(inputs: RolloutInputs, hash: string): Desired {
  const enterprise = inputs.enterprise ?? {};
  const common = {
    replicas: enterpriseReplicas(enterprise),
    image: inputs.image,
    strategy: enterpriseStrategy(inputs),
    evictsAtOnce: true,
  };
  return isRolling(enterprise)
    ? { ...common, revision: ROLLING, rolling: { template: hash } }
    : { ...common, revision: hash };
}

export const enterpriseReplicas = ({ replicas }: EnterpriseInputs): number =>
  replicas ?? DEFAULT_REPLICAS;

/** Without `blueGreenUpdate` Kubernetes renews the nodes one by one. */
export const isRolling = (enterprise: EnterpriseInputs): boolean =>
  enterprise.blueGreenUpdate == null;

/** Strategy with the defaults of `EmqxCluster`. */
export function enterpriseStrategy(inputs: RolloutInputs): Strategy {
  const { initialDelaySeconds, evacuationStrategy } = inputs.enterprise?.blueGreenUpdate ?? {};
  const pace = evacuationStrategy ?? {};
  const extras = inputs.updateStrategy ?? {};
  return {
    initialDelaySeconds: initialDelaySeconds ?? 10,
    connEvictRate: pace.connEvictRate ?? 1000,
    sessEvictRate: pace.sessEvictRate ?? 1000,
    waitTakeover: pace.waitTakeover ?? 10,
    waitHealthCheck: 0,
    progressDeadlineSeconds: extras.progressDeadlineSeconds ?? 600,
    drainDeadlineSeconds: extras.drainDeadlineSeconds,
    onFailure: extras.onFailure ?? "abort",
    returnShare: extras.returnShare,
    gate: extras.gate ?? "none",
  };
}
