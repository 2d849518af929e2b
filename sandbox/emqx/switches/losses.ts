import { appendFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** File beside the sandbox's name service that tells what the simulated EMQX lost on purpose. */
export const LOSSES_FILE = "emqx-losses.jsonl";

/** What EMQX itself loses (facts/emqx-observed.md, last section), told so that reports can count it apart. */
export interface Loss {
  /** Milliseconds since the epoch. */
  at: number;
  node: string;
  kind: "message" | "second-cut";
  clientId: string;
  /** Of a message. */
  payload?: string;
}

/** Writes down what a node loses on purpose. */
export class Losses {
  private readonly file: string | undefined;

  constructor(
    private readonly node: string,
    hostsFile: string | undefined,
  ) {
    this.file = hostsFile === undefined ? undefined : join(dirname(hostsFile), LOSSES_FILE);
  }

  message(clientId: string, payload: Buffer): void {
    this.note({ kind: "message", clientId, payload: payload.toString("utf8").slice(0, 64) });
  }

  secondCut(clientId: string): void {
    this.note({ kind: "second-cut", clientId });
  }

  private note(what: Omit<Loss, "at" | "node">): void {
    if (this.file === undefined) return;
    const loss: Loss = { at: Date.now(), node: this.node, ...what };
    appendFileSync(this.file, `${JSON.stringify(loss)}\n`);
  }
}
