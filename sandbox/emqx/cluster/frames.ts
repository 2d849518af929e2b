import { deserialize, serialize } from "node:v8";

/** One message between nodes: its kind, then its arguments. */
export type NodeMessage = [kind: string, ...args: unknown[]];

const MAX_FRAME = 256 * 1024 * 1024;

/** Packs a batch of messages with a 4-byte length. */
export function encodeBatch(messages: NodeMessage[]): Buffer {
  const body = serialize(messages);
  const head = Buffer.allocUnsafe(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

/** Unpacks batches from a byte stream. */
export class BatchReader {
  private chunks: Buffer[] = [];
  private size = 0;

  push(chunk: Buffer, use: (messages: NodeMessage[]) => void): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    let needed = this.needed();
    while (needed !== undefined && this.size >= needed) {
      const data =
        this.chunks.length === 1 ? (this.chunks[0] ?? chunk) : Buffer.concat(this.chunks);
      // A copy: payloads are views of it, and a queued one must not keep a whole chunk alive.
      const body = Buffer.from(data.subarray(4, needed));
      this.chunks = needed < data.length ? [data.subarray(needed)] : [];
      this.size = data.length - needed;
      use(deserialize(body) as NodeMessage[]);
      needed = this.needed();
    }
  }

  private needed(): number | undefined {
    if (this.size < 4) return undefined;
    if ((this.chunks[0]?.length ?? 0) < 4) this.chunks = [Buffer.concat(this.chunks)];
    const length = (this.chunks[0]?.readUInt32BE(0) ?? 0) + 4;
    if (length > MAX_FRAME) throw new Error(`frame of ${length} bytes from another node`);
    return length;
  }
}
