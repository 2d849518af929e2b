import { closeSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import path from "node:path";

/** Folder of the tables below the agent's folder. */
export const NODE_PORTS = "node-ports";

const ENTRY = 4;

/**
 * Says which pod a connection through a node port has reached, as conntrack would: a file with
 * the pod's IPv4 address for each source port. A plain file, because the one who connects can
 * read it at once, and it is written before anything can come back from the pod.
 */
export class ConnectionTable {
  private readonly file: number;

  /** `write` for the forwarder; a reader gets an empty table when there is none yet. */
  constructor(folder: string, nodePort: number, mode: "read" | "write") {
    mkdirSync(folder, { recursive: true });
    const name = path.join(folder, String(nodePort));
    this.file = openSync(name, mode === "write" ? "w" : "a+");
  }

  set(sourcePort: number, podAddress: string): void {
    const bytes = Buffer.from(podAddress.split(".").map(Number));
    writeSync(this.file, bytes, 0, ENTRY, sourcePort * ENTRY);
  }

  /** The pod's address; undefined for a source port that was never seen. */
  get(sourcePort: number): string | undefined {
    const bytes = Buffer.alloc(ENTRY);
    const read = readSync(this.file, bytes, 0, ENTRY, sourcePort * ENTRY);
    return read === ENTRY && bytes.some((byte) => byte > 0) ? bytes.join(".") : undefined;
  }

  close(): void {
    closeSync(this.file);
  }
}
