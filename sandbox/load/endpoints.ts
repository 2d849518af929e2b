import type { ServiceSlice } from "../measure/objects";
import { KubeClient } from "../node-agent/kube/client";
import { Reflector } from "../node-agent/kube/reflector";
import { processAddress } from "../node-agent/network/addresses";
import { ConnectionTable } from "../node-agent/network/connection-table";
import { SERVICE_LABEL } from "../node-agent/network/hosts";
import type { Endpoint, EndpointSource } from "./options";

/** The endpoints that a new connection may go to now. */
export interface Endpoints {
  current(): readonly Endpoint[];
  /** Pod that a connection from a local port has reached, where its endpoint does not tell. */
  podOf(localPort: number): string | undefined;
  stop(): void;
}

type Cluster = Exclude<EndpointSource, { kind: "static" }>;

/** Follows the endpoints of a fleet's source. */
export async function followEndpoints(
  source: EndpointSource,
  log: (line: string) => void,
): Promise<Endpoints> {
  if (source.kind === "static") {
    return { current: () => source.endpoints, podOf: () => undefined, stop: () => {} };
  }
  return source.kind === "service" ? followService(source, log) : followNodePort(source, log);
}

async function followService(
  source: Cluster & { kind: "service" },
  log: (line: string) => void,
): Promise<Endpoints> {
  let current: Endpoint[] = [];
  const slices = await followSlices(source, log, (all) => {
    current = all.flatMap((slice) => readyEndpoints(slice, source.port));
  });
  return { current: () => current, podOf: () => undefined, stop: () => slices.stop() };
}

async function followNodePort(
  source: Cluster & { kind: "node-port" },
  log: (line: string) => void,
): Promise<Endpoints> {
  const names = new Map<string, string>();
  const slices = await followSlices(source, log, (all) => {
    for (const { addresses, targetRef } of all.flatMap(({ endpoints = [] }) => endpoints)) {
      // Addresses come round again only after hundreds of pods, so none is ever forgotten.
      for (const address of addresses) names.set(address, targetRef?.name ?? address);
    }
  });
  const table = new ConnectionTable(source.tables, source.nodePort, "read");
  const current = [{ pod: "", host: "127.0.0.1", port: source.nodePort }];
  return {
    current: () => current,
    podOf: (localPort) => {
      const address = table.get(localPort);
      return address && (names.get(address) ?? address);
    },
    stop: () => {
      table.close();
      slices.stop();
    },
  };
}

async function followSlices(
  { kubeconfig, namespace, service }: Cluster,
  log: (line: string) => void,
  changed: (slices: ServiceSlice[]) => void,
): Promise<Reflector<ServiceSlice>> {
  const client = await KubeClient.fromFile(kubeconfig);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const refresh = (): void => {
    const all = [...reflector.items.values()];
    changed(all.filter(({ metadata }) => metadata.labels?.[SERVICE_LABEL] === service));
  };
  const handlers = { changed: refresh, gone: refresh };
  const reflector = new Reflector<ServiceSlice>(client, path, handlers, log);
  await reflector.start();
  return reflector;
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
