import type { Sample } from "../load/figures";
import { thousands } from "../chart/scale";

/** Milliseconds between two lines about the clients where lines cannot be replaced. */
const LINE_EVERY = 10_000;

/** Prints lines, and below them one that tells how many clients are connected where. */
export class Screen {
  private readonly live = process.stdout.isTTY === true;
  private status = "";
  private lastLine = 0;

  constructor(readonly colours: boolean = process.stdout.isTTY === true) {}

  line(text = ""): void {
    this.clear();
    process.stdout.write(`${text}\n`);
    this.draw();
  }

  heading(text: string): void {
    this.line();
    this.line(this.paint(text, "1"));
  }

  command(text: string): void {
    this.line(this.paint(`$ ${text}`, "36"));
  }

  paint(text: string, code: string): string {
    return this.colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  /** Shows the newest sample; where output is no terminal only now and then. */
  sample({ total, byPod }: Sample, pods: string[]): void {
    const sets = new Map<string, number>();
    byPod.forEach((count, i) => {
      const set = setOfPod(pods[i] ?? "");
      sets.set(set, (sets.get(set) ?? 0) + count);
    });
    const parts = [...sets].map(([set, count]) => `${set} ${thousands(count)}`);
    const text = `clients: ${thousands(total)} connected · ${parts.join(" · ")}`;
    if (this.live) {
      this.clear();
      this.status = text.slice(0, (process.stdout.columns || 100) - 1);
      this.draw();
    } else if (Date.now() - this.lastLine > LINE_EVERY) {
      this.lastLine = Date.now();
      this.line(`    ${text}`);
    }
  }

  /** Takes the live line away. */
  quiet(): void {
    this.clear();
    this.status = "";
  }

  private clear(): void {
    if (this.status !== "") process.stdout.write("\r\u001b[2K");
  }

  private draw(): void {
    if (this.status !== "") process.stdout.write(this.paint(this.status, "35"));
  }
}

/** Name of a pod's set: without the ordinal of a StatefulSet or the two hashes of a Deployment. */
export function setOfPod(pod: string): string {
  return pod.replace(/(?<=-replicant-[^-]+)-[^-]+-[^-]+$|-\d+$/, "");
}
