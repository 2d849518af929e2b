import type { Server } from "node:net";
import { createServer } from "node:net";
import type { ConnectionContext } from "./mqtt/connection";
import { Connection } from "./mqtt/connection";

/** The MQTT listener over TCP, and the connections that it accepted. */
export class TcpListener {
  readonly connections = new Set<Connection>();
  private server: Server | undefined;

  constructor(
    private readonly address: string,
    private readonly port: number | undefined,
    private readonly context: Omit<ConnectionContext, "onClose">,
  ) {}

  async start(): Promise<void> {
    if (this.port === undefined) return;
    const context: ConnectionContext = {
      ...this.context,
      onClose: (connection) => this.connections.delete(connection),
    };
    const server = createServer({ noDelay: true }, (socket) => {
      this.connections.add(new Connection(socket, context));
    });
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: this.address, port: this.port, backlog: 8192 }, () => resolve());
    });
  }

  /** Closes the listener and every connection. */
  async stop(reason: number): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const connection of [...this.connections]) connection.kick(reason);
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 200))]);
  }

  /** Closes the connections that have been silent for longer than their keepalive allows. */
  sweep(now: number, reason: number): void {
    for (const connection of this.connections) {
      const limit = connection.isOpen ? connection.silence : 15_000;
      if (limit > 0 && now - connection.lastPacketAt > limit) connection.kick(reason);
    }
  }
}
