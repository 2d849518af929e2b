import { EmqxError } from "../errors";
import type { KubernetesClient } from "../kubernetes/client";
import type { ConfigMap } from "../kubernetes/shapes";
import { commonLabels, names } from "../labels";
import type { RecordStore, RolloutRecord, Site } from "./types";

const KEY = "record.json";
const SCHEMA_VERSION = 1;

export const emptyRecord = (): RolloutRecord => ({
  schemaVersion: SCHEMA_VERSION,
  hashVersion: 0,
  active: null,
  current: null,
  history: [],
});

/**
 * The record in the ConfigMap `<name>-rollout`. It is applied server-side, so the control
 * annotation, which people write, stays theirs.
 */
export class ConfigMapRecordStore implements RecordStore {
  private stored?: string;

  constructor(
    private readonly site: Site,
    private readonly kube: KubernetesClient,
  ) {}

  async load(): Promise<RolloutRecord> {
    const { namespace } = this.site;
    const name = names.rollout(this.site.name);
    const map = await this.kube.get<ConfigMap>({ kind: "ConfigMap", namespace, name });
    const text = map?.data?.[KEY];
    this.stored = text;
    return text === undefined ? emptyRecord() : parseRecord(text, `${namespace}/${name}`);
  }

  async save(record: RolloutRecord): Promise<void> {
    const text = JSON.stringify(record, null, 2);
    if (text === this.stored) return;
    const { namespace } = this.site;
    await this.kube.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: names.rollout(this.site.name),
        namespace,
        labels: commonLabels(this.site.name),
      },
      data: { [KEY]: text },
    });
    this.stored = text;
  }
}

/** Throws EMQX_RECORD_INVALID: guessing at a record could drain the set that serves. */
export function parseRecord(text: string, where: string): RolloutRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(where, `no JSON: ${(cause as Error).message}`, cause);
  }
  const record = value as Partial<RolloutRecord> | null;
  if (typeof record !== "object" || record === null) throw invalid(where, "no object");
  if (record.schemaVersion !== SCHEMA_VERSION) {
    throw invalid(where, `schemaVersion ${JSON.stringify(record.schemaVersion)}`);
  }
  const { active, current, history, hashVersion } = record;
  const isName = active === null || typeof active === "string";
  if (!isName || typeof hashVersion !== "number" || !Array.isArray(history)) {
    throw invalid(where, "fields of other types");
  }
  for (const entry of current ? [current, ...history] : history) {
    const sound =
      typeof entry.to === "string" && Array.isArray(entry.phases) && Array.isArray(entry.nodes);
    if (!sound) throw invalid(where, "an incomplete rollout entry");
  }
  return { schemaVersion: SCHEMA_VERSION, hashVersion, active, current: current ?? null, history };
}

const invalid = (where: string, got: string, cause?: unknown): EmqxError =>
  new EmqxError(
    "EMQX_RECORD_INVALID",
    `Expected a rollout record with schemaVersion ${SCHEMA_VERSION} in ConfigMap ${where}, key ${KEY}, got ${got}. ` +
      "A newer version of pulumi-emqx may have written it: use that one. If it was edited by hand, restore it, " +
      "or delete the ConfigMap once nobody runs `pulumi up`: the record is then made anew from the cluster.",
    { cause },
  );
