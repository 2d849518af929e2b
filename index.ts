import * as pulumi from "@pulumi/pulumi";
import { EmqxCluster, type EmqxClusterArgs } from "./components";

const config = new pulumi.Config();
const nodePort = config.getNumber("nodePort") || undefined;
const license = config.getSecret("license");

/** The usual settings, one key each (Pulumi.yaml describes them). */
const usual = {
  image: config.require("image"),
  imagePullPolicy: config.get("imagePullPolicy"),
  coreTemplate: { spec: { replicas: config.getNumber("replicas") } },
  updateStrategy: {
    initialDelaySeconds: config.getNumber("initialDelaySeconds"),
    evacuationStrategy: {
      connEvictRate: config.getNumber("connEvictRate"),
      sessEvictRate: config.getNumber("sessEvictRate"),
      waitTakeover: config.getNumber("waitTakeover"),
    },
  },
  listenersServiceTemplate: {
    spec: nodePort && {
      type: "NodePort",
      ports: [{ name: "tcp-default", port: 1883, targetPort: 1883, nodePort }],
    },
  },
};

/** Anything else of `EmqxClusterArgs`, for example the `spec` of an operator's custom resource. */
const spec = config.getObject<Partial<EmqxClusterArgs>>("spec") ?? {};

const emqx = new EmqxCluster(config.get("name") || "emqx", {
  ...merge(usual, spec),
  image: spec.image ?? usual.image,
  namespace: config.get("namespace"),
  license,
});

/** Objects are merged, everything else is replaced. */
function merge(base: object, over: object): object {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = result[key];
    result[key] = isObject(before) && isObject(value) ? merge(before, value) : value;
  }
  return result;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const { listenersService, dashboardService, dashboardUrl, adminPassword } = emqx;
export const { currentRevision, status, lastRollout } = emqx;
