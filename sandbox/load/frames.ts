/** Most bytes of one packet; the fleet's own messages have less than 200. */
const MAX_PACKET = 1 << 20;

/**
 * Cuts a TCP stream into whole MQTT packets, so that all clients can share one parser: a parser
 * each would be most of the memory of an idle client.
 */
export class Frames {
  private rest: Buffer | undefined;

  /** Whole packets in what has arrived so far; throws when a packet is absurdly long. */
  push(chunk: Buffer): Buffer[] {
    let data = this.rest ? Buffer.concat([this.rest, chunk]) : chunk;
    this.rest = undefined;
    const whole: Buffer[] = [];
    for (;;) {
      const length = packetLength(data);
      if (length === undefined || length > data.length) break;
      whole.push(data.subarray(0, length));
      data = data.subarray(length);
    }
    // Copied, because a slice would keep the socket's whole buffer alive.
    if (data.length > 0) this.rest = Buffer.from(data);
    return whole;
  }
}

function packetLength(data: Buffer): number | undefined {
  let length = 0;
  for (let at = 1; at < 5; at += 1) {
    const byte = data[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if (length > MAX_PACKET) break;
    if (byte < 0x80) return at + 1 + length;
  }
  throw new Error(`Expected packets of at most ${MAX_PACKET} bytes, got the length ${length}.`);
}
