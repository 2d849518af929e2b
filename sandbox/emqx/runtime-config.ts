import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { effectiveConfig } from "./settings/config-sources";
import type { ConfigObject } from "./settings/hocon";
import { mergeConfig, parseHocon } from "./settings/hocon";
import type { Settings } from "./settings/settings";

/** The configuration while the node runs: cluster-wide changes are kept in `data/configs/cluster.hocon`. */
export class RuntimeConfig {
  private merged: ConfigObject | undefined;

  constructor(private readonly settings: Settings) {}

  effective(): ConfigObject {
    this.merged ??= effectiveConfig(this.settings.sources);
    return this.merged;
  }

  /** The cluster-wide part as text, for nodes that join. */
  clusterText(): string {
    return JSON.stringify(this.settings.sources.cluster, undefined, 2);
  }

  replaceCluster(text: string): void {
    this.settings.sources.cluster = parseHocon(text);
    this.save();
  }

  /** Merges a change, or replaces the roots that it names. */
  change(change: ConfigObject, mode: "merge" | "replace"): void {
    const cluster = this.settings.sources.cluster;
    this.settings.sources.cluster =
      mode === "merge" ? mergeConfig(cluster, change) : { ...cluster, ...change };
    this.save();
  }

  private save(): void {
    this.merged = undefined;
    const folder = join(this.settings.dataDir, "configs");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "cluster.hocon"), this.clusterText());
  }
}
