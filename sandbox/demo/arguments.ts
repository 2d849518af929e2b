import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { MAX_CLIENTS } from "../load/options";

export interface DemoOptions {
  clients: number;
  /** Core nodes. */
  nodes: number;
  /** Replicants, which then serve the clients. */
  replicants: number;
  /** connEvictRate and sessEvictRate. */
  rate: number;
  from: string;
  to: string;
  /** Folder of report.json and report.html. */
  out: string;
  /** Leave cluster and sandbox running. */
  keep: boolean;
  help: boolean;
}

export const usage = `Usage: npm run demo -- [options]

Deploys an EMQX cluster with \`pulumi up\` on a local Kubernetes control plane, connects
MQTT clients, upgrades the cluster blue-green and measures what the clients notice.

  --clients N    connected MQTT clients (default 3000)
  --nodes N      core nodes (default 3)
  --replicants N replicants, which then take the clients (default 0)
  --rate R       connections and sessions evicted per second (default 100)
  --from IMAGE   image before the upgrade (default emqx/emqx:6.0.1)
  --to IMAGE     image after the upgrade (default emqx/emqx:6.1.0)
  --out DIR      where report.json and report.html go (default .sandbox/demo)
  --keep         leave the cluster and the sandbox running
  --help         this text

Ends with 0 when the upgrade kept every limit, with 1 when it did not or something failed.
`;

/** Arguments that make no sense; the message says which. */
export class UsageError extends Error {}

/** Reads the arguments of `npm run demo --`. */
export function parseDemoArguments(args: string[], root: string): DemoOptions {
  const values = parse(args);
  const options: DemoOptions = {
    clients: whole("clients", values.clients, 3000, MAX_CLIENTS),
    nodes: whole("nodes", values.nodes, 3, 20),
    replicants: whole("replicants", values.replicants, 0, 20, 0),
    rate: whole("rate", values.rate, 100, 10_000),
    from: values.from ?? "emqx/emqx:6.0.1",
    to: values.to ?? "emqx/emqx:6.1.0",
    out: resolve(values.out ?? `${root}/.sandbox/demo`),
    keep: values.keep ?? false,
    help: values.help ?? false,
  };
  if (options.from === options.to) {
    throw new UsageError(`Expected --from and --to to differ, got \`${options.to}\` for both.`);
  }
  return options;
}

function parse(args: string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args,
      options: {
        clients: text,
        nodes: text,
        replicants: text,
        rate: text,
        from: text,
        to: text,
        out: text,
        keep: flag,
        help: { ...flag, short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(
  name: string,
  text: string | undefined,
  otherwise: number,
  most: number,
  least = 1,
): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(
    `Expected --${name} to be a whole number from ${least} to ${most}, got \`${text}\`.`,
  );
}
