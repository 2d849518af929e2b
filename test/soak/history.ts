import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, type Step } from "./step";

/** One line of the file that a soak writes and `--replay` reads. */
interface Entry {
  step: Step;
  /** ISO 8601. */
  startedAt: string;
  seconds: number;
  /** What happened on the way. */
  notes: string[];
  /** Invariants that were broken. */
  broken: string[];
}

/** What was done and what came of it, on the screen and in a file. */
export class History {
  private readonly entries: Entry[] = [];

  constructor(readonly file: string) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "");
  }

  begin(step: Step): (notes: string[], broken: string[]) => void {
    const began = Date.now();
    console.log(`#${step.number} ${describe(step)}`);
    return (notes, broken) => {
      const seconds = Math.round((Date.now() - began) / 1000);
      const startedAt = new Date(began).toISOString();
      const entry = { step, startedAt, seconds, notes, broken };
      this.entries.push(entry);
      appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
      console.log(`   ${outcome(entry)}`);
    };
  }

  /** One line a step. */
  text(): string {
    return this.entries
      .map((entry) => {
        const time = entry.startedAt.slice(11, 19);
        return `${time} #${entry.step.number} ${describe(entry.step)} => ${outcome(entry)}`;
      })
      .join("\n");
  }

  get steps(): number {
    return this.entries.length;
  }

  get strikes(): number {
    return this.entries.filter(({ step }) => step.strike).length;
  }
}

/** The steps of a file that another soak has written. */
export function* replay(file: string): Generator<Step, undefined> {
  for (const line of readFileSync(file, "utf8").split("\n")) {
    if (line !== "") yield (JSON.parse(line) as Entry).step;
  }
  return undefined;
}

function outcome({ seconds, notes, broken }: Entry): string {
  const verdict = broken.length === 0 ? "ok" : `BROKEN ${broken.join("; ")}`;
  return `${verdict}, ${seconds} s [${notes.join("; ")}]`;
}
