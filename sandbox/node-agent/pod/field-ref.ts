import type { ContainerSpec, Pod, ResourceFieldSelector } from "../kube/types";
import { parseQuantity } from "../node/quantity";
import { NODE_ADDRESS } from "../node/nodes";

/** Value of a downward API field such as `metadata.name` or `metadata.labels['app']`. */
export function fieldValue(pod: Pod, podIP: string, fieldPath: string): string {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (subscript?.[2]) {
    const map = subscript[1] === "labels" ? metadata.labels : metadata.annotations;
    return map?.[subscript[2]] ?? "";
  }
  switch (fieldPath) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace;
    case "metadata.uid":
      return metadata.uid;
    case "metadata.labels":
      return formatMap(metadata.labels);
    case "metadata.annotations":
      return formatMap(metadata.annotations);
    case "spec.nodeName":
      return spec.nodeName ?? "";
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "default";
    case "status.hostIP":
    case "status.hostIPs":
      return NODE_ADDRESS;
    case "status.podIP":
    case "status.podIPs":
      return podIP;
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`);
  }
}

/** Value of `limits.cpu` and the like; 0 when the container sets none. */
export function resourceValue(
  pod: Pod,
  container: ContainerSpec,
  ref: ResourceFieldSelector,
): string {
  const of = pod.spec.containers.find(({ name }) => name === ref.containerName) ?? container;
  const [kind, ...rest] = ref.resource.split(".");
  const amounts = kind === "limits" ? of.resources?.limits : of.resources?.requests;
  const divisor = parseQuantity(ref.divisor && ref.divisor !== "0" ? ref.divisor : "1");
  return String(Math.ceil(parseQuantity(amounts?.[rest.join(".")] ?? "0") / divisor));
}

function formatMap(map: Record<string, string> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}
