import { atLeast } from "./image";
import type { License } from "./license";
import { isExpired, readLicense, sessionLimit } from "./license";
import { log } from "./log";
import type { EmqxNode } from "./node";
import { licenseSetting } from "./settings/settings";

/** EMQX ends its node when the licence app can't start; the container restarts it. */
export class BootRefused extends Error {}

/** What the licence allows this node. */
export class LicenseGuard {
  private known: { key: string; license: License } | undefined;

  constructor(
    private readonly node: Pick<
      EmqxNode,
      "settings" | "config" | "members" | "registry" | "broker" | "startedAt"
    >,
  ) {}

  /** The licence in force. */
  get current(): License {
    const key = licenseSetting(this.node.config.effective());
    if (this.known?.key === key) return this.known.license;
    const license = readLicense(key, this.node.settings.version);
    if (license) {
      this.known = { key, license };
      return license;
    }
    throw new BootRefused(
      "failed_to_start_app: emqx_license, reason: bad license key in license.key, see the licence's file or Secret",
    );
  }

  /** Single-node licences end a node that finds itself in a cluster (5.9 and later). */
  checkBoot(): void {
    const { settings, members } = this.node;
    if (settings.version.edition === "ce") return;
    const license = this.current;
    if (license.type !== "community" || !atLeast(settings.version, 5, 9)) return;
    if (members.running().length < 2) return;
    throw new BootRefused(
      'failed_to_start_app: emqx_license, reason: {error,"SINGLE_NODE_LICENSE, make sure this node and peer nodes are configured with a valid license"}',
    );
  }

  /** True when a CONNECT is over the quota; a client that has a session may always come back to it. */
  refuses(clientId: string): boolean {
    const { registry, startedAt, settings } = this.node;
    if (settings.version.edition === "ce") return false;
    if (registry.owner(clientId) !== undefined) return false;
    const license = this.current;
    const oldTrial = license.type === "trial" && Date.now() - startedAt > 30 * 86_400_000;
    if (oldTrial || isExpired(license)) {
      log("error", "msg: connection_rejected_due_to_license_expired");
      return true;
    }
    return registry.size >= sessionLimit(license);
  }
}
