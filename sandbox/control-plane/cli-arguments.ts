import { parseArgs } from "node:util";

const names = ["up", "down", "status", "kubeconfig", "env", "help"] as const;

/** One call of `npm run sandbox`. */
export interface Command {
  name: (typeof names)[number];
  /** `up --port`: the API server's port. */
  port?: number;
  /** `down --purge`: remove the folder too. */
  purge: boolean;
}

/** Arguments that make no sense; the message says which. */
export class UsageError extends Error {}

/** Reads the arguments of `npm run sandbox --`; throws a {@link UsageError}. */
export function parseArguments(args: string[]): Command {
  const { values, positionals } = parse(args);
  const [given, ...more] = values.help ? ["help"] : positionals;
  const name = names.find((each) => each === given);
  if (given === undefined) throw new UsageError("Expected a command.");
  if (!name) throw new UsageError(`Expected a command, got \`${given}\`.`);
  if (more.length > 0)
    throw new UsageError(`Expected nothing after \`${name}\`, got \`${more[0]}\`.`);
  if (values.port !== undefined && name !== "up") {
    throw new UsageError("--port belongs to `up` only.");
  }
  if (values.purge && name !== "down") throw new UsageError("--purge belongs to `down` only.");
  return { name, port: parsePort(values.port), purge: values.purge ?? false };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        port: { type: "string" },
        purge: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new UsageError(`Expected --port to be a number from 1 to 65535, got \`${text}\`.`);
}
