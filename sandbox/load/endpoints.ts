import { KubeClient } from "../node-agent/kube/client";
import { Reflector } from "../node-agent/kube/reflector";
import { processAddress } from "../node-agent/network/addresses";
import { SERVICE_LABEL } from "../node-agent/network/hosts";
import type { ServiceSlice } from "../measure/objects";
import type { Endpoint, EndpointSource } from "./options";

/** The endpoints that a new connection may go to now. */
export interface Endpoints {
  current(): readonly Endpoint[];
  stop(): void;
}

/** Follows the endpoints of a fleet's source. */
export async function followEndpoints(
  source: EndpointSource,
  log: (line: string) => void,
): Promise<Endpoints> {
  if (source.kind === "static") {
    return { current: () => source.endpoints, stop: () => {} };
  }
  const { kubeconfig, namespace, service, port } = source;
  const client = await KubeClient.fromFile(kubeconfig);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  let current: Endpoint[] = [];
  const refresh = (): void => {
    current = [...reflector.items.values()]
      .filter(({ metadata }) => metadata.labels?.[SERVICE_LABEL] === service)
      .flatMap((slice) => readyEndpoints(slice, port));
  };
  const handlers = { changed: refresh, gone: refresh };
  const reflector = new Reflector<ServiceSlice>(client, path, handlers, log);
  await reflector.start();
  return { current: () => current, stop: () => reflector.stop() };
}

/** Ready endpoints of a slice with the given port, as processes of the sandbox listen. */
export function readyEndpoints(slice: ServiceSlice, port: number): Endpoint[] {
  if (!slice.ports?.some((candidate) => candidate.port === port)) return [];
  return (slice.endpoints ?? []).flatMap(({ addresses, conditions, targetRef }) => {
    const [address] = addresses;
    if (conditions?.ready === false || address === undefined) return [];
    return [{ pod: targetRef?.name ?? address, host: processAddress(address), port }];
  });
}
