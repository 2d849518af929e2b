/** configure, check, diff, create, read, update, delete over ports that tests can replace. */
import { EmqxError } from "../errors";
import { unquoted } from "../hocon-scalar";
import type { Problem } from "../shape";
import { UNKNOWN } from "../unknown";
import type { Credentials } from "../kubernetes/config";
import type { Declared } from "./connect";
import { credentialsOf, type StackConfig } from "./credentials";
import { diffOf, isAsServed, isElsewhere, type DetailedDiff, type Diff } from "./diff";
import type { EngineSink } from "./engine-log";
import { plainError } from "./failure";
import { glance } from "./glance";
import { declaredHocon } from "./hot-keys";
import { siteOf, type RolloutInputs } from "./inputs";
import { manifestsOf } from "./manifests";
import { outputsOnRead, type Outputs } from "./outputs";
import { preview } from "./preview";
import { idOf, roll, type Ports } from "./roll";
import { hotSettingsOf } from "./settings";
import { validateRollout } from "./validate-inputs";

export function createProvider(ports: Ports) {
  // The stack's configuration, the same for every resource of this process.
  let stack: StackConfig | undefined;
  // A refresh asks for a diff with the old inputs after each read: no plan of anybody's.
  const refreshed = new Set<string>();

  const credentials = (given: Credentials) => credentialsOf(given, stack);
  /** For writing, from the inputs. */
  const open = (inputs: RolloutInputs, sink: EngineSink) => {
    const site = siteOf(inputs);
    const declared = { manifests: manifestsOf(inputs, site), settings: hotSettingsOf(inputs) };
    return ports.connect(site, credentials(inputs), declared, sink);
  };
  /** For reading and deleting, from the outputs. */
  const reopen = (olds: Outputs, sink: EngineSink) =>
    ports.connect(olds.site, credentials(olds), asApplied(olds), sink);

  async function show(olds: Outputs, news: RolloutInputs, diff: DetailedDiff): Promise<void> {
    const sink = ports.sink(news.__urn);
    try {
      await preview({ olds, news, diff, sink, open: () => open(news, sink) });
    } finally {
      await sink.close();
    }
  }

  /** Settles what the state alone cannot tell; out of reach, it has to be believed. */
  async function askCluster(olds: Outputs, news: RolloutInputs, diff: DetailedDiff): Promise<void> {
    const sink = ports.sink(news.__urn);
    try {
      const seen = await glance(
        () => open(news, sink),
        async ({ records, services }) => ({
          record: await records.load(),
          service: diff.unsure ? await services() : undefined,
        }),
      );
      if ("unknown" in seen) return;
      diff.elsewhere = isElsewhere(olds, seen.record);
      diff.changes = diff.elsewhere || (!!seen.service && !isAsServed(olds, seen.service));
    } finally {
      await sink.close();
    }
  }

  return {
    async configure(request: { config: StackConfig }): Promise<void> {
      stack = request.config;
    },

    async check(
      olds: object,
      news: RolloutInputs,
    ): Promise<{ inputs: RolloutInputs; failures: Problem[] }> {
      return { inputs: news, failures: validateRollout(news, olds) };
    },

    async diff(id: string, properties: object, news: RolloutInputs): Promise<Diff> {
      const olds = properties as Outputs;
      const diff = diffOf(olds, news);
      // With an unknown URN Pulumi only asks whether a replacement elsewhere would replace this too.
      const quiet = refreshed.delete(id) || news.__urn === UNKNOWN;
      if (!quiet && (!diff.changes || diff.unsure)) await askCluster(olds, news, diff);
      if (!diff.changes) return { changes: false };
      if (!quiet) await show(olds, news, diff);
      return { changes: true, replaces: diff.replaces };
    },

    async create(inputs: RolloutInputs): Promise<{ id: string; outs: Outputs }> {
      const outs = await roll({ inputs, ports, open: (sink) => open(inputs, sink) });
      return { id: idOf(inputs), outs };
    },

    async update(_id: string, olds: object, inputs: RolloutInputs): Promise<{ outs: Outputs }> {
      const outs = await roll({
        inputs,
        olds: olds as Outputs,
        ports,
        open: (sink) => open(inputs, sink),
      });
      return { outs };
    },

    /** Never fails for a half-done rollout; an unreachable Kubernetes is no proof that all is gone. */
    async read(id: string, properties: object): Promise<{ id?: string; props?: Outputs }> {
      const olds = properties as Outputs;
      refreshed.add(id);
      const sink = ports.sink(olds.__urn);
      try {
        const connection = await reopen(olds, sink);
        try {
          const seen = await connection.snapshot();
          const { record, observation } = seen;
          const gone = observation.sets.length === 0 && !record.active && !record.current;
          if (gone) return {};
          const drift = await connection.drift?.();
          for (const { key, found, declared } of drift ?? []) {
            sink.warn(
              `${key} is ${found} in EMQX, declared ${unquoted(declared)}: it was changed elsewhere. ` +
                "The next `pulumi up` sets it back; to keep it, declare it.",
            );
          }
          return { id, props: outputsOnRead(olds, { ...seen, drift }) };
        } finally {
          await connection.close();
        }
      } catch (error) {
        throw plainError(error);
      } finally {
        await sink.close();
      }
    },

    async delete(_id: string, properties: object): Promise<void> {
      const olds = properties as Outputs;
      const sink = ports.sink(olds.__urn);
      try {
        const connection = await reopen(olds, sink);
        try {
          await connection.teardown((line) => sink.status(line), olds.teardown);
        } finally {
          await connection.close();
        }
      } catch (error) {
        throw plainError(error);
      } finally {
        await sink.close();
      }
    },
  };
}

/** Refresh and destroy know outputs only, and create nothing. */
function asApplied(olds: Outputs): Declared {
  return {
    manifests: (_role, revision) => {
      throw new EmqxError(
        "EMQX_INTERNAL",
        `Expected no set to be created while reading or deleting, got a request for revision ${revision}.`,
      );
    },
    // For the comparison with what EMQX shows; the state keeps no value that could be secret.
    settings: { hocon: declaredHocon(olds.applied?.hot), mode: "merge", digests: {} },
  };
}
