/** The provider on a bench: a cluster that shows what it is told to, and notes what is done with it. */
import { EmqxError } from "../../components/errors";
import type { Connection, Declared } from "../../components/rollout/connect";
import type { EngineOptions } from "../../components/rollout/engine";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { createProvider } from "../../components/rollout/provider-methods";
import { emptyRecord } from "../../components/rollout/record";
import { revisionsOf } from "../../components/rollout/revision";
import type {
  Action,
  ConfigDrift,
  Observation,
  RolloutRecord,
} from "../../components/rollout/types";
import { goalOf, servingRevision } from "../../components/rollout/goal";
import { cluster, node, on, replicant } from "./fixtures";

export const inputs: RolloutInputs & { __provider: string } = {
  name: "emqx",
  namespace: "default",
  image: "emqx/emqx:6.0.1",
  coreTemplate: { spec: { replicas: 2, env: [{ name: "TOKEN", value: "hidden-token" }] } },
  services: { listeners: { uid: "u", resourceVersion: "1" } },
  __urn: "urn",
  __provider: "text",
};
export const revision = revisionsOf(inputs)[0]?.revision ?? "";
export const upgraded = { ...inputs, image: "emqx/emqx:6.1.0" };

export class Bench {
  record: RolloutRecord = emptyRecord();
  observation: Observation = { ...cluster([]), service: on(null, []) };
  reachable = true;
  failure?: Error;
  readonly runs: EngineOptions[] = [];
  readonly actions: Action[] = [];
  readonly lines: string[] = [];
  readonly credentials: unknown[] = [];
  opened = 0;
  closed = 0;
  tornDown: unknown;
  drift: ConfigDrift[] = [];
  evacuations: Record<string, unknown>[] = [];
  readonly declared: Declared[] = [];

  readonly provider = createProvider({
    connect: async (_site, credentials, declared) => {
      this.declared.push(declared);
      this.credentials.push(credentials);
      if (!this.reachable) throw new EmqxError("EMQX_KUBERNETES_UNREACHABLE", "no route");
      this.opened += 1;
      return this.connection();
    },
    runRollout: async (options) => {
      this.runs.push(options);
      if (this.failure) throw this.failure;
      if (options.first) this.actions.push(options.first);
      const { hashVersion, desired } = options;
      const to = goalOf(desired);
      this.record = { ...this.record, active: to, hashVersion };
      const cores = Array.from({ length: desired.replicas }, (_, i) => node(desired.revision, i));
      const { revision = "", replicas = 0 } = desired.replicants ?? {};
      const replicants = Array.from({ length: replicas }, (_, i) => replicant(revision, i));
      const service = on(servingRevision(to).revision, []);
      this.observation = { ...cluster([...cores, ...replicants]), service };
      const entry = entryOf(to);
      this.record.current = entry;
      return { record: this.record, entry, observation: this.observation };
    },
    sink: () => ({
      status: () => undefined,
      milestone: (line) => this.lines.push(line),
      warn: (line) => this.lines.push(line),
      close: async () => undefined,
    }),
  });

  private connection(): Connection {
    return {
      cluster: {
        observe: async () => this.observation,
        act: async (action: Action) => void this.actions.push(action),
      },
      snapshot: async () => ({
        observation: this.observation,
        record: this.record,
        evacuations: this.evacuations,
      }),
      services: async () => this.observation.service,
      drift: async () => this.drift,
      records: { load: async () => this.record, save: async () => undefined },
      clock: { now: () => 0, sleep: async () => undefined },
      teardown: async (_log: unknown, options: unknown) => void (this.tornDown = options),
      close: async () => void (this.closed += 1),
    } as unknown as Connection;
  }
}

export const entryOf = (to: string): NonNullable<RolloutRecord["current"]> => ({
  id: `${to}-1`,
  kind: "create",
  from: null,
  to,
  toImage: inputs.image,
  phase: "Done",
  aborting: false,
  startedAt: "2026-11-21T12:00:00Z",
  finishedAt: "2026-11-21T12:00:24Z",
  phases: [
    { name: "WaitGreen", startedAt: "2026-11-21T12:00:00Z", seconds: 20 },
    { name: "Retire", startedAt: "2026-11-21T12:00:00Z", seconds: 4 },
  ],
  nodes: [],
});
