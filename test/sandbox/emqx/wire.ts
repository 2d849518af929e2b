import type { Socket } from "node:net";
import { connect } from "node:net";
import { until } from "./fixture";

/** A TCP connection that speaks raw MQTT bytes and remembers what came back, as hex. */
export class Wire {
  received = "";
  closed = false;

  private constructor(private readonly socket: Socket) {
    socket.on("data", (chunk) => (this.received += chunk.toString("hex")));
    socket.on("error", () => undefined);
    socket.on("close", () => (this.closed = true));
  }

  static async open(address: string, port = 1883): Promise<Wire> {
    const socket = connect({ host: address, port });
    const wire = new Wire(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve());
      socket.once("error", reject);
    });
    return wire;
  }

  send(hex: string): void {
    this.socket.write(Buffer.from(hex.replaceAll(" ", ""), "hex"));
  }

  /** Waits until exactly these bytes have come, then forgets them. */
  async expect(hex: string): Promise<void> {
    const wanted = hex.replaceAll(" ", "");
    await until(
      () => `${wanted}, got ${this.received}${this.closed ? " and a close" : ""}`,
      () => this.received.length >= wanted.length,
      10_000,
    );
    const got = this.received.slice(0, wanted.length);
    if (got !== wanted) throw new Error(`expected ${wanted}, got ${this.received}`);
    this.received = this.received.slice(wanted.length);
  }

  async expectClose(): Promise<void> {
    await until("the connection to close", () => this.closed, 10_000);
  }

  end(): void {
    this.socket.destroy();
  }
}

/** The bytes of a CONNECT. */
export function connectHex(
  clientId: string,
  options: { version?: 3 | 4 | 5; clean?: boolean; expiry?: number; keepalive?: number } = {},
): string {
  const { version = 4, clean = true, expiry, keepalive = 0 } = options;
  const expiryBytes = Buffer.alloc(expiry === undefined ? 0 : 5);
  if (expiry !== undefined) {
    expiryBytes[0] = 0x11;
    expiryBytes.writeUInt32BE(expiry, 1);
  }
  const body = Buffer.concat([
    text(version === 3 ? "MQIsdp" : "MQTT"),
    Buffer.from([version, clean ? 2 : 0, keepalive >> 8, keepalive & 0xff]),
    ...(version === 5 ? [Buffer.from([expiryBytes.length]), expiryBytes] : []),
    text(clientId),
  ]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]).toString("hex");
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}
