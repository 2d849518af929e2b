/** Erlang and DNS limit how long the name of a node may be; it is made of four arguments. */
import { coreNodeName } from "./labels";
import { isObject, type Problem } from "./shape";
import { UNKNOWN } from "./unknown";

/** Characters of a host name in DNS. */
const MAX_HOST = 253;
/** Characters of a node name: an Erlang atom. */
const MAX_NODE = 255;
/** The longest suffix of a pod: role, revision and ordinal. */
const POD_SUFFIX = "-core-bcdfghjk-999";

/** The problem of name, namespace and domain together; nothing while one is not known. */
export function nodeNameProblem(args: Record<string, unknown>, nodePrefix = "emqx"): Problem[] {
  if (!isObject(args)) return [];
  const name = args.name ?? "emqx";
  const namespace = args.namespace ?? "default";
  const clusterDomain = args.clusterDomain ?? "cluster.local";
  if (typeof name !== "string" || typeof namespace !== "string") return [];
  if (typeof clusterDomain !== "string") return [];
  if ([name, namespace, clusterDomain].includes(UNKNOWN)) return [];
  const site = { name, namespace, clusterDomain, nodePrefix };
  const node = coreNodeName(site, `${name}${POD_SUFFIX}`);
  const over = Math.max(node.length - MAX_NODE, node.length - nodePrefix.length - 1 - MAX_HOST);
  if (over <= 0) return [];
  const reason =
    `Expected \`name\`, \`namespace\` and \`clusterDomain\` to be ${over} characters shorter together: a node is called ` +
    `\`<prefix>@<pod>.<name>-headless.<namespace>.svc.<clusterDomain>\`, which Erlang limits to ${MAX_NODE} characters.`;
  return [{ property: "clusterDomain", reason }];
}
