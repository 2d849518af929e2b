/** A packet that breaks the protocol; the connection is closed with `reason`. */
export class MalformedPacket extends Error {
  constructor(
    message: string,
    readonly reason: number = 0x81,
  ) {
    super(message);
  }
}

/** Reads MQTT data types from one packet's body. */
export class Reader {
  constructor(
    readonly data: Buffer,
    public at = 0,
  ) {}

  get rest(): number {
    return this.data.length - this.at;
  }

  private need(count: number): number {
    const start = this.at;
    if (start + count > this.data.length) throw new MalformedPacket("packet too short");
    this.at += count;
    return start;
  }

  byte(): number {
    return this.data[this.need(1)] ?? 0;
  }

  uint16(): number {
    return this.data.readUInt16BE(this.need(2));
  }

  uint32(): number {
    return this.data.readUInt32BE(this.need(4));
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new MalformedPacket("variable byte integer too long");
  }

  bytes(count: number): Buffer {
    const start = this.need(count);
    return this.data.subarray(start, start + count);
  }

  binary(): Buffer {
    return this.bytes(this.uint16());
  }

  string(): string {
    return this.binary().toString("utf8");
  }
}

/** Encodes a variable byte integer. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte | 0x80 : byte);
  } while (rest > 0);
  return bytes;
}
