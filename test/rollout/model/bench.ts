/** Runs the real engine on the model: a record in memory, nobody to fence off, lines to look at. */
import assert from "node:assert/strict";
import { runRollout } from "../../../components/rollout/engine";
import { emptyRecord } from "../../../components/rollout/record";
import type {
  Desired,
  Fence,
  RecordStore,
  RolloutRecord,
  RolloutResult,
  Strategy,
} from "../../../components/rollout/types";
import type { Model } from "./cluster";

const HOUR = 3_600_000;

const nothing = async (): Promise<void> => {};
const fence: Fence = { acquire: nothing, renew: nothing, release: nothing, tidy: nothing };

const site = {
  name: "c",
  namespace: "ns",
  clusterDomain: "cluster.local",
  dashboardPort: 18083,
  apiKeySecret: { name: "c-bootstrap-api-key", key: "bootstrap_api_key" },
  licenseConfigured: true,
};

export class Store implements RecordStore {
  saves = 0;
  private text = JSON.stringify(emptyRecord());

  async load(): Promise<RolloutRecord> {
    return JSON.parse(this.text) as RolloutRecord;
  }

  async save(record: RolloutRecord): Promise<void> {
    const text = JSON.stringify(record);
    if (text === this.text) return;
    this.saves += 1;
    this.text = text;
  }

  /** As when somebody deletes the ConfigMap. */
  lose(): void {
    this.text = JSON.stringify(emptyRecord());
  }
}

/** The first letter of a revision is its release (model/kubernetes.ts). */
export const goalFor = (
  strategy: Strategy,
  revision: string,
  replicas: number,
  replicants = 0,
  renewed = "",
): Desired => ({
  revision,
  replicas,
  image: "emqx/emqx:6.1.0",
  strategy,
  ...(replicants > 0 && {
    replicants: { revision: `${revision.charAt(0)}r${renewed}`, replicas: replicants },
  }),
});

/** One run; it must end within an hour of the model's time. `lines` collects what is told to people. */
export function runOn(
  model: Model,
  store: Store,
  desired: Desired,
  lines: string[] = [],
): Promise<RolloutResult> {
  const limit = model.now() + HOUR;
  const tell = (line: string) => void lines.push(line);
  return runRollout({
    site,
    desired,
    hashVersion: 1,
    cluster: model,
    records: store,
    fence,
    clock: {
      now: () => model.now(),
      sleep: async (milliseconds: number) => {
        assert.ok(model.now() < limit, "the engine did not end within an hour");
        await model.sleep(milliseconds);
      },
    },
    sink: { status: tell, milestone: tell, warn: tell },
  });
}
