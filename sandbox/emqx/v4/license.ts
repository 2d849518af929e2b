import { readFileSync } from "node:fs";
import { BootRefused, LicenseGuard } from "../license-guard";
import { log } from "../log";
import type { V4Node } from "./node";

/** Connections that the evaluation licence inside EMQX 4.4 allows (emqx/emqx issue 15776). */
export const EVALUATION_CONNECTIONS = 10;

/** The licence of a 4.4 node: a certificate in a file, read when it boots; without one an evaluation. */
export class V4LicenseGuard extends LicenseGuard {
  private evaluation = false;

  constructor(private readonly v4: V4Node) {
    super(v4);
  }

  /** Ends the node when the licence's file is missing or holds no certificate. */
  override checkBoot(): void {
    const { path, required } = this.v4.settings.license;
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (required || code !== "ENOENT") {
        throw refused(`cannot read ${path}: ${code ?? "unknown"}`);
      }
      this.evaluation = true;
      log(
        "warning",
        `The evaluation license is in use, limited to ${EVALUATION_CONNECTIONS} connections. Upgrade it by license.file.`,
      );
      return;
    }
    if (!/-----BEGIN CERTIFICATE-----\s*\S[\s\S]*-----END CERTIFICATE-----/.test(text)) {
      throw refused(`${path} holds no PEM certificate (-----BEGIN CERTIFICATE-----)`);
    }
    this.evaluation = false;
  }

  /** True when a CONNECT is over the evaluation's limit; whose session is in the cluster may come back. */
  override refuses(clientId: string): boolean {
    const { registry } = this.v4;
    if (!this.evaluation || registry.owner(clientId) !== undefined) return false;
    return registry.size >= EVALUATION_CONNECTIONS;
  }
}

function refused(reason: string): BootRefused {
  return new BootRefused(`failed_to_start_app: emqx_license, reason: bad license, ${reason}`);
}
