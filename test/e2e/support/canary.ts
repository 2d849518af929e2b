import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Secrets by what they are. */
export type Canaries = Record<string, string>;

/** Where something was found: `licence as base64 in state/x.json: ...around it...`. */
export type Find = string;

/** Characters of a canary that are searched for: a message that shows a part betrays it too. */
const PART = 16;

/** Every way in which a text may be written down: as it is, in JSON, in a URL, in base64. */
function spellings(canary: string): Map<string, string> {
  // Of the middle, since what is at the ends (a header, a line break) may be everybody's.
  const middle = Math.floor(canary.length / 2);
  const from = Math.max(0, middle - PART / 2);
  const part = canary.slice(from, from + PART);
  const all = new Map([
    ["text", part],
    ["JSON", JSON.stringify(part).slice(1, -1)],
    ["URL", encodeURIComponent(part)],
    ["hex", Buffer.from(part).toString("hex")],
  ]);
  // How base64 looks depends on the number of bytes before, modulo 3; the ends on the neighbours.
  for (const before of [0, 1, 2]) {
    const text = Buffer.from("\0".repeat(before) + part).toString("base64");
    all.set(`base64+${before}`, text.slice(before === 0 ? 0 : 4, -4));
  }
  return all;
}

/** Looks for canaries in a text; `where` names it in what is found. */
export function findIn(text: string, where: string, canaries: Canaries): Find[] {
  return Object.entries(canaries).flatMap(([name, canary]) =>
    [...spellings(canary)].flatMap(([as, spelling]) => {
      const at = text.indexOf(spelling);
      if (at < 0) return [];
      const around =
        text
          .slice(Math.max(0, at - 120), at)
          .split("\n")
          .at(-1) ?? "";
      return [`${name} as ${as} in ${where}: ${around}<<here>>`];
    }),
  );
}

/** Looks for canaries in every file of a folder, however deep. */
export function findUnder(folder: string, canaries: Canaries): Find[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return findUnder(path, canaries);
    if (!entry.isFile() || statSync(path).size > 64 * 2 ** 20) return [];
    return findIn(readFileSync(path, "latin1"), path, canaries);
  });
}

/** Watches the arguments of every process of this machine until it is ended. */
export class ArgumentsWatch {
  private readonly seen = new Set<string>();
  private ended = false;
  private readonly done: Promise<void>;

  constructor() {
    this.done = this.run();
  }

  /** The command lines that were seen. */
  async end(): Promise<string[]> {
    this.ended = true;
    await this.done;
    return [...this.seen];
  }

  private async run(): Promise<void> {
    while (!this.ended) {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
          this.seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
        } catch {
          // It has ended since.
        }
      }
      await sleep(150);
    }
  }
}
