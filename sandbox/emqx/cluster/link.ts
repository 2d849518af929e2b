import type { Socket } from "node:net";
import { connect } from "node:net";
import type { NodeMessage } from "./frames";
import { BatchReader, encodeBatch } from "./frames";
import type { Introduction } from "./handshake";
import { DialerHandshake } from "./handshake";

/** Milliseconds after which an unfinished connection attempt is given up. */
const CONNECT_TIMEOUT = 2000;

/** Milliseconds that messages are gathered when they come thick and fast: each write is a system call. */
const GATHER = 2;

/**
 * The outgoing way to another node: what is sent close together leaves as one batch, in order.
 */
export class Link {
  private queue: NodeMessage[] = [];
  private scheduled = false;
  private flushedAt = 0;
  private open = false;
  private closed = false;
  private readonly socket: Socket;
  /** Resolves with true once the other node accepted us. */
  readonly ready: Promise<boolean>;

  constructor(
    self: Introduction,
    cookie: string,
    readonly name: string,
    readonly address: string,
    port: number,
    onClose: (link: Link, reason: string) => void,
  ) {
    const handshake = new DialerHandshake(self, name, cookie);
    const reader = new BatchReader();
    let reason = "connection closed";
    this.socket = connect({ host: address, port, localAddress: self.address, noDelay: true });
    this.socket.setTimeout(CONNECT_TIMEOUT, () => this.socket.destroy());
    this.ready = new Promise((resolve) => {
      this.socket.on("connect", () => this.socket.write(encodeBatch([handshake.first()])));
      this.socket.on("data", (chunk) => {
        reader.push(chunk, ([message]) => {
          if (message?.[0] === "welcome") {
            this.open = true;
            this.socket.setTimeout(0);
            resolve(true);
            this.flush();
            return;
          }
          const answer = message ? handshake.next(message) : undefined;
          if (answer) this.socket.write(encodeBatch([answer]));
          else {
            reason = "invalid challenge reply";
            this.socket.destroy();
          }
        });
      });
      this.socket.on("error", (error) => (reason = error.message));
      this.socket.on("close", () => {
        this.closed = true;
        resolve(false);
        onClose(this, reason);
      });
    });
  }

  send(message: NodeMessage): void {
    if (this.closed) return;
    this.queue.push(message);
    if (!this.open || this.scheduled) return;
    this.scheduled = true;
    if (performance.now() - this.flushedAt > GATHER) setImmediate(() => this.flush());
    else setTimeout(() => this.flush(), GATHER);
  }

  close(): void {
    this.flush();
    this.socket.destroySoon();
  }

  private flush(): void {
    this.scheduled = false;
    if (!this.open || this.queue.length === 0 || this.socket.destroyed) return;
    this.flushedAt = performance.now();
    const batch = this.queue;
    this.queue = [];
    this.socket.write(encodeBatch(batch));
  }
}
