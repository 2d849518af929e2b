import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { EvacuationParameters } from "./parameters";
import { EVACUATION_DEFAULTS } from "./parameters";

/** The file through which an evacuation survives a restart; targets and the health-check wait aren't in it. */
export class EvacuationFile {
  private readonly path: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, ".evacuation");
  }

  save(parameters: EvacuationParameters): void {
    mkdirSync(dirname(this.path), { recursive: true });
    const lines = [
      `  "wait_takeover" : ${parameters.waitTakeover}`,
      `  "sess_evict_rate" : ${parameters.sessEvictRate}`,
      `  "server_reference" : null`,
      `  "conn_evict_rate" : ${parameters.connEvictRate}`,
    ];
    writeFileSync(this.path, `{\n${lines.join(",\n")}\n}`);
  }

  /** The parameters to go on with; a corrupt file means the defaults, none means undefined. */
  load(): EvacuationParameters | undefined {
    if (!existsSync(this.path)) return undefined;
    let saved: Record<string, unknown> = {};
    try {
      saved = JSON.parse(readFileSync(this.path, "utf8")) as Record<string, unknown>;
    } catch {
      // EMQX goes on with its defaults as well.
    }
    const number = (key: string, fallback: number): number => {
      const value = saved[key];
      return typeof value === "number" ? value : fallback;
    };
    return {
      waitHealthCheck: 0,
      connEvictRate: number("conn_evict_rate", EVACUATION_DEFAULTS.connEvictRate),
      sessEvictRate: number("sess_evict_rate", EVACUATION_DEFAULTS.sessEvictRate),
      waitTakeover: number("wait_takeover", EVACUATION_DEFAULTS.waitTakeover),
      migrateTo: undefined,
    };
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
