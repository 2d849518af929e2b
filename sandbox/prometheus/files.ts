import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Discovered } from "./objects";
import { scrapeJobs } from "./scrape-config";

/** Prometheus' files in one folder; each is written only when its content changed. */
export class PrometheusFiles {
  readonly config: string;
  readonly data: string;
  private readonly targets: string;
  private readonly rules: string;
  private readonly written = new Map<string, string>();

  constructor(folder: string) {
    this.config = join(folder, "prometheus.json");
    this.data = join(folder, "data");
    this.targets = join(folder, "targets");
    this.rules = join(folder, "rules.json");
    for (const each of [this.data, this.targets]) mkdirSync(each, { recursive: true });
    this.write({ monitors: [], rules: [], pods: [], secrets: new Map() });
  }

  /** Returns whether Prometheus has to load its configuration again; targets it reads by itself. */
  write(found: Discovered): boolean {
    const jobs = scrapeJobs(found, this.targets);
    for (const { file, targets } of jobs) this.update(join(this.targets, file), targets);
    const rules = this.update(this.rules, { groups: found.rules.flatMap(groupsOf) });
    const config = this.update(this.config, {
      global: { scrape_interval: "10s", evaluation_interval: "5s" },
      rule_files: [this.rules],
      scrape_configs: jobs.map((job) => job.config),
    });
    return rules || config;
  }

  /** JSON is YAML; renamed into place, so that Prometheus never reads half a file. */
  private update(file: string, content: unknown): boolean {
    const text = JSON.stringify(content, undefined, 1);
    if (this.written.get(file) === text) return false;
    const draft = `${file}.draft`;
    // It may hold the password of a Secret.
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, file);
    this.written.set(file, text);
    return true;
  }
}

/** Names of groups must differ within a file. */
function groupsOf({ metadata, spec }: Discovered["rules"][number]): unknown[] {
  return (spec.groups ?? []).map((group) => ({
    ...(group as { name: string }),
    name: `${metadata.namespace}/${metadata.name}/${(group as { name: string }).name}`,
  }));
}
