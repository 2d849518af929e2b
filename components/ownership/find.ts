import type { KubernetesClient } from "../kubernetes/client";
import type { ConfigMap, Secret, Workload } from "../kubernetes/shapes";
import { API_KEY_NAME, everyPod, names, secretKeys } from "../labels";
import { revisionOf } from "../rollout/observe-sets";
import { parseRecord } from "../rollout/record";
import type { Found, Kept } from "./types";

/** The cluster of that name, whoever made it; undefined when there is no trace of one. */
export async function findCluster(
  kube: KubernetesClient,
  { namespace, name }: { namespace: string; name: string },
): Promise<Found | undefined> {
  const labels = everyPod(name);
  const secret = (of: string) => kube.get<Secret>({ kind: "Secret", namespace, name: of });
  const [statefulSets, deployments, record, service, cookie, apiKey, dashboard] = await Promise.all(
    [
      kube.list<Workload>({ kind: "StatefulSet", namespace }, { labels }),
      kube.list<Workload>({ kind: "Deployment", namespace }, { labels }),
      kube.get<ConfigMap>({ kind: "ConfigMap", namespace, name: names.rollout(name) }),
      kube.get({ kind: "Service", namespace, name: names.headless(name) }),
      secret(names.cookieSecret(name)),
      secret(names.apiKeySecret(name)),
      secret(names.dashboardSecret(name)),
    ],
  );
  const sets = [
    ...statefulSets.map((set) => ({ ...set, kind: "StatefulSet" })),
    ...deployments.map((set) => ({ ...set, kind: "Deployment" })),
  ].filter(({ metadata }) => revisionOf(metadata) !== undefined);
  const secrets = [cookie, apiKey, dashboard].flatMap((each) => (each ? [each.metadata.name] : []));
  const objects = [
    ...sets.map(
      ({ kind, metadata, spec }) => `${kind} ${metadata.name} of ${spec?.replicas ?? 1} nodes`,
    ),
    ...(service ? [`Service ${service.metadata.name}`] : []),
    ...secrets.map((each) => `Secret ${each}`),
    ...(record ? [`ConfigMap ${record.metadata.name}${rolloutIn(record)}`] : []),
  ];
  if (objects.length === 0) return undefined;
  return { objects, kept: keptIn(cookie, apiKey, dashboard) };
}

function keptIn(cookie?: Secret, apiKey?: Secret, dashboard?: Secret): Partial<Kept> {
  const lines = Object.keys(apiKey?.data ?? {}).flatMap((key) => valueOf(apiKey, key)?.split("\n"));
  const prefix = `${API_KEY_NAME}:`;
  // A role may follow in EMQX 5.9 and later.
  const own = lines.find((line) => line?.startsWith(prefix))?.slice(prefix.length);
  return {
    cookie: valueOf(cookie, secretKeys.cookie),
    apiKey: own?.split(":")[0],
    adminPassword: valueOf(dashboard, secretKeys.dashboardPassword),
  };
}

function valueOf(secret: Secret | undefined, key: string): string | undefined {
  const value = secret?.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}

/** Where the rollout stands that somebody else began. */
function rolloutIn({ data }: ConfigMap): string {
  try {
    const { current } = parseRecord(data?.["record.json"] ?? "", "");
    if (!current || current.finishedAt !== undefined) return "";
    return ` with an upgrade under way (${current.phase}, begun ${current.startedAt})`;
  } catch {
    return "";
  }
}
