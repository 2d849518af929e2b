import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { effectiveConfig } from "./settings/config-sources";
import type { ConfigObject } from "./settings/hocon";
import { mergeConfig, parseHocon } from "./settings/hocon";
import { hoconText } from "./settings/hocon-text";
import type { Settings } from "./settings/settings";
import { mqttSettings } from "./settings/settings";

/** How a change meets what is there: key by key, or whole roots. */
export type ChangeMode = "merge" | "replace";

/** A change of the cluster's configuration. */
export interface ConfigChange {
  change: ConfigObject;
  mode: ChangeMode;
}

/**
 * The configuration while the node runs. A change works at once, whatever the key's source is, and the roots that it
 * touches are kept in `data/configs/cluster.hocon`; at the next boot etc/emqx.conf and env win again
 * (emqx_config:init_load reads them only then).
 */
export class RuntimeConfig {
  private now: ConfigObject;

  constructor(private readonly settings: Settings) {
    this.now = effectiveConfig(settings.sources);
  }

  effective(): ConfigObject {
    return this.now;
  }

  /** The cluster-wide part as text, for nodes that join. */
  clusterText(): string {
    return hoconText(this.settings.sources.cluster);
  }

  /** Takes the cluster's part, as a node that joins does: its own files and env still win. */
  replaceCluster(text: string): void {
    const { sources } = this.settings;
    sources.cluster = parseHocon(text);
    this.become(effectiveConfig(sources));
  }

  /** Merges a change, or replaces the roots that it names. */
  apply({ change, mode }: ConfigChange): void {
    const { sources } = this.settings;
    const next = mode === "merge" ? mergeConfig(this.now, change) : { ...this.now, ...change };
    sources.cluster = { ...sources.cluster };
    for (const root of Object.keys(change)) sources.cluster[root] = next[root] ?? {};
    this.become(next);
  }

  private become(next: ConfigObject): void {
    this.now = next;
    if (this.settings.version.major >= 5) Object.assign(this.settings.mqtt, mqttSettings(next));
    const folder = join(this.settings.dataDir, "configs");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "cluster.hocon"), this.clusterText());
  }
}
