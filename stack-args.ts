/** The arguments of the cluster that a stack's configuration describes. */
import type { EmqxClusterArgs } from "./components";
import { mergeArgs } from "./components/custom-resource/cluster-from-custom-resource";
import { StackConfig } from "./stack-config";

export function clusterOfStack(): { name: string; args: EmqxClusterArgs } {
  const config = new StackConfig();
  const spec = config.spec();
  const image = typeof spec.image === "string" ? spec.image : config.text("image");
  if (image === undefined) config.mistake("image", "expected an image such as emqx/emqx:6.1.0");
  const args = {
    ...mergeArgs(usual(config), spec),
    image: image ?? "",
    namespace: config.text("namespace"),
    license: config.license(image),
  };
  config.finish();
  return { name: nameOf(config), args };
}

const nameOf = (config: StackConfig): string => config.text("name") ?? "emqx";

/** The usual settings, one key each. */
function usual(config: StackConfig): Omit<EmqxClusterArgs, "image"> {
  const nodePort = config.integer("nodePort", 0);
  const replicants = config.integer("replicants", 0);
  const name = nameOf(config);
  const affinity = config.flag("antiAffinity");
  return {
    imagePullPolicy: config.oneOf("imagePullPolicy", "Always", "IfNotPresent", "Never"),
    coreTemplate: {
      spec: {
        replicas: config.integer("replicas", 1),
        ...(affinity && { affinity: apart("core", name) }),
        ...volume(config),
      },
    },
    // Zero stays: the listeners Service follows the replicants to it and back.
    ...(replicants !== undefined && {
      replicantTemplate: {
        spec: { replicas: replicants, ...(affinity && { affinity: apart("replicant", name) }) },
      },
    }),
    updateStrategy: {
      initialDelaySeconds: config.integer("initialDelaySeconds", 0),
      gate: config.oneOf("gate", "none", "manual"),
      evacuationStrategy: {
        connEvictRate: config.integer("connEvictRate", 1),
        sessEvictRate: config.integer("sessEvictRate", 1),
        waitTakeover: config.integer("waitTakeover", 0),
      },
    },
    listenersServiceTemplate: nodePort
      ? {
          spec: {
            type: "NodePort",
            ports: [{ name: "tcp-default", port: 1883, targetPort: 1883, nodePort }],
          },
        }
      : undefined,
    ...(config.flag("monitoring") && { monitoring: {} }),
  };
}

/** A wish, since during an upgrade there are twice as many pods, perhaps more than hosts. */
function apart(component: "core" | "replicant", cluster: string) {
  const matchLabels = {
    "app.kubernetes.io/instance": cluster,
    "app.kubernetes.io/component": component,
  };
  const podAffinityTerm = { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels } };
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }],
    },
  };
}

function volume(config: StackConfig) {
  const storage = config.text("storageSize");
  const storageClassName = config.text("storageClass");
  if (storage === undefined) {
    if (storageClassName !== undefined) {
      config.mistake("storageClass", "expected `storageSize` to be set as well");
    }
    return {};
  }
  const resources = { requests: { storage } };
  const claim = { accessModes: ["ReadWriteOnce"], resources };
  return { volumeClaimTemplates: { ...claim, ...(storageClassName && { storageClassName }) } };
}
