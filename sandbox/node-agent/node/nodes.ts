/** One of the cluster's nodes; the agent plays them all. */
export interface NodeIdentity {
  name: string;
  /** As a `nodeSelector`, an anti-affinity or a spread constraint may name them. */
  labels: Record<string, string>;
}

/** Address of the nodes in `status`. The API server would prefer a Hostname and fail to resolve it. */
export const NODE_ADDRESS = "127.0.0.1";

/** Pods that fit on a node, whatever they ask for. */
export const MAX_PODS = 250;

const ZONES = ["a", "b", "c"];

/**
 * Six, so that two colours of three pods each fit when an anti-affinity does not tell colours
 * apart; two in each of three zones.
 */
export const NODES: readonly NodeIdentity[] = Array.from({ length: 6 }, (_, i) => {
  const name = i === 0 ? "sandbox-node" : `sandbox-node-${i + 1}`;
  return {
    name,
    labels: {
      "kubernetes.io/hostname": name,
      "kubernetes.io/os": "linux",
      "kubernetes.io/arch": process.arch === "x64" ? "amd64" : process.arch,
      "topology.kubernetes.io/region": "sandbox",
      "topology.kubernetes.io/zone": `sandbox-${ZONES[i % ZONES.length]}`,
    },
  };
});

/** The node that stands for the whole agent, in events and in the kubelet server's certificate. */
export const AGENT_NODE = "sandbox-node";

/** Whether the agent plays a node. */
export function isOurNode(name: string | undefined): boolean {
  return NODES.some((node) => node.name === name);
}
