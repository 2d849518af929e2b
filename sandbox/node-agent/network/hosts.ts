import { rename, writeFile } from "node:fs/promises";
import type { EndpointSlice, Service } from "../kube/types";
import { processAddress } from "./addresses";

/** Label by which a slice names its Service. */
export const SERVICE_LABEL = "kubernetes.io/service-name";

/**
 * The hosts file that stands in for the cluster's DNS: one line for each address that a headless
 * Service publishes, with the name of the pod and that of the Service.
 */
export function hostsText(
  services: Iterable<Service>,
  slices: Iterable<EndpointSlice>,
  domain: string,
): string {
  const headless = new Map<string, Service>();
  for (const service of services) {
    const { namespace, name } = service.metadata;
    if (service.spec.clusterIP === "None") headless.set(`${namespace}/${name}`, service);
  }
  const lines = new Set<string>();
  for (const slice of slices) {
    const { namespace, labels } = slice.metadata;
    const name = labels?.[SERVICE_LABEL] ?? "";
    const service = headless.get(`${namespace}/${name}`);
    if (!service || slice.addressType !== "IPv4") continue;
    const zone = `${name}.${namespace}.svc.${domain}`;
    for (const { addresses, hostname, conditions } of slice.endpoints ?? []) {
      if (conditions?.ready === false && !service.spec.publishNotReadyAddresses) continue;
      for (const address of addresses) {
        const host = hostname || address.replaceAll(".", "-");
        lines.add(`${processAddress(address)} ${host}.${zone} ${zone}`);
      }
    }
  }
  return [...lines]
    .sort()
    .map((line) => `${line}\n`)
    .join("");
}

/** Rewrites the hosts file when its content changed; readers see the old one or the new one. */
export class HostsFile {
  private written: string | undefined;
  private queue: Promise<void> = Promise.resolve();

  constructor(readonly path: string) {}

  write(text: string): Promise<void> {
    this.queue = this.queue.then(async () => {
      if (text === this.written) return;
      await writeFile(`${this.path}.new`, text);
      await rename(`${this.path}.new`, this.path);
      this.written = text;
    });
    return this.queue;
  }
}
