import { atLeast } from "./image";
import type { License } from "./license";
import { EVALUATION, isOverdue, readLicense, sessionLimit } from "./license";
import { log } from "./log";
import type { EmqxNode } from "./node";
import type { ConfigObject } from "./settings/hocon";
import { licenseSetting } from "./settings/settings";

/** EMQX ends its node when the licence app can't start; the container restarts it. */
export class BootRefused extends Error {}

/** What the licence allows this node. */
export class LicenseGuard {
  private known: { config: ConfigObject; license: License } | undefined;

  constructor(
    private readonly node: Pick<
      EmqxNode,
      "settings" | "config" | "members" | "registry" | "broker" | "startedAt" | "switches"
    >,
  ) {}

  /** The licence in force. */
  get current(): License {
    const config = this.node.config.effective();
    // Asked at every CONNECT, so a key in a file isn't read anew each time.
    if (this.known?.config === config) return this.known.license;
    const { root, version } = this.node.settings;
    const license = readLicense(licenseSetting(config, root), version);
    if (license) {
      this.known = { config, license };
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
    const { registry, startedAt, settings, switches } = this.node;
    if (settings.version.edition === "ce") return false;
    const license = this.current;
    if (isOverdue(license, settings.version, switches.licenseTime())) {
      log("error", "msg: connection_rejected_due_to_license_expired");
      return true;
    }
    if (license.customerType === EVALUATION && Date.now() - startedAt > 30 * 86_400_000) {
      log("error", "msg: connection_rejected_due_to_trial_license_uptime_limit");
      return true;
    }
    return registry.owner(clientId) === undefined && registry.size >= sessionLimit(license);
  }
}
