import { readFileSync } from "node:fs";

/** One line of a hosts file. */
export interface HostLine {
  address: string;
  names: string[];
}

/** Reads the hosts file that plays DNS; unreadable means that nothing resolves. */
export function readHosts(path: string | undefined): HostLine[] {
  if (path === undefined) return [];
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return address && names.length > 0 ? [{ address, names }] : [];
  });
}

/** The address behind a host name, or behind a pod IP (10.88.x.y is reached at 127.88.x.y). */
export function resolveHost(hosts: HostLine[], host: string): string | undefined {
  if (/^\d+(\.\d+){3}$/.test(host)) return host.replace(/^10\.88\./, "127.88.");
  return hosts.find((line) => line.names.includes(host))?.address;
}
