import type { EndpointSlice, Service } from "../kube/types";
import { processAddress } from "./addresses";
import { SERVICE_LABEL } from "./hosts";

export interface Target {
  host: string;
  port: number;
  /** The pod's address as in its status. */
  podAddress: string;
}

/** Where connections to one port of a Service may go: its ready endpoints, as processes listen. */
export function readyTargets(
  service: Service,
  portName: string | undefined,
  slices: Iterable<EndpointSlice>,
): Target[] {
  const { namespace, name } = service.metadata;
  const targets: Target[] = [];
  for (const slice of slices) {
    const { metadata, ports = [], endpoints = [] } = slice;
    if (metadata.namespace !== namespace || metadata.labels?.[SERVICE_LABEL] !== name) continue;
    const port = ports.find((candidate) => (candidate.name ?? "") === (portName ?? ""))?.port;
    if (port === undefined) continue;
    for (const { addresses, conditions } of endpoints) {
      if (conditions?.ready === false) continue;
      for (const address of addresses) {
        targets.push({ host: processAddress(address), port, podAddress: address });
      }
    }
  }
  return targets;
}
