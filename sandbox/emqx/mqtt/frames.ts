import { MalformedPacket } from "./reader";

/** One MQTT packet as it came. */
export interface Frame {
  type: number;
  flags: number;
  body: Buffer;
}

/** Cuts a byte stream into packets; keeps only an unfinished rest between chunks. */
export class FrameReader {
  private pending: Buffer | undefined;

  /** @param limit largest packet accepted, in bytes */
  constructor(private readonly limit: number) {}

  /** Calls `use` for every packet that `chunk` completes, until `use` returns false. */
  push(chunk: Buffer, use: (frame: Frame) => boolean): void {
    const data = this.pending ? Buffer.concat([this.pending, chunk]) : chunk;
    this.pending = undefined;
    let at = 0;
    while (at < data.length) {
      const header = this.header(data, at);
      if (!header || header.end > data.length) break;
      const first = data[at] ?? 0;
      const body = data.subarray(header.start, header.end);
      at = header.end;
      if (!use({ type: first >> 4, flags: first & 0x0f, body })) return;
    }
    // A copy, so that a large chunk isn't kept alive by the few bytes that are left of it.
    if (at < data.length) this.pending = Buffer.from(data.subarray(at));
  }

  private header(data: Buffer, at: number): { start: number; end: number } | undefined {
    let length = 0;
    for (let index = 0; index < 4; index += 1) {
      const byte = data[at + 1 + index];
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * 128 ** index;
      if (byte < 0x80) {
        const start = at + 2 + index;
        if (start - at + length > this.limit) throw new MalformedPacket("frame_too_large", 0x95);
        return { start, end: start + length };
      }
    }
    throw new MalformedPacket("bad remaining length");
  }
}
