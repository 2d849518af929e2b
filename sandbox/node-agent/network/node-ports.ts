import net from "node:net";
import type { EventRecorder } from "../kube/events";
import type { EndpointSlice, Service } from "../kube/types";
import { ConnectionTable } from "./connection-table";
import { Deck } from "./deck";
import { readyTargets, type Target } from "./endpoints";

const HOST = "127.0.0.1";

interface Forwarder {
  server: net.Server;
  sockets: Set<net.Socket>;
  deck: Deck<Target>;
  table: ConnectionTable;
  /** The Service and port name that own the number now. */
  service: Service;
  portName: string | undefined;
}

/**
 * NodePorts: a TCP forwarder on 127.0.0.1 for each, to the ready endpoints in turn. Connections that
 * exist stay when the Service changes, as under kube-proxy.
 */
export class NodePorts {
  private readonly forwarders = new Map<number, Forwarder>();

  constructor(
    private readonly slices: () => Iterable<EndpointSlice>,
    private readonly events: EventRecorder,
    /** Where a `ConnectionTable` is kept for each port. */
    private readonly tables: string,
  ) {}

  /** Opens and closes forwarders so that they fit the Services. */
  sync(services: Iterable<Service>): void {
    const wanted = new Map<number, { service: Service; portName: string | undefined }>();
    for (const service of services) {
      const { type, ports = [] } = service.spec;
      if (type !== "NodePort" && type !== "LoadBalancer") continue;
      for (const { nodePort, name, protocol = "TCP" } of ports) {
        if (nodePort && protocol === "TCP") wanted.set(nodePort, { service, portName: name });
      }
    }
    for (const port of [...this.forwarders.keys()]) if (!wanted.has(port)) this.close(port);
    for (const [port, owner] of wanted) {
      const existing = this.forwarders.get(port);
      if (existing) Object.assign(existing, owner);
      else this.open(port, owner.service, owner.portName);
    }
  }

  closeAll(): void {
    for (const port of [...this.forwarders.keys()]) this.close(port);
  }

  private open(port: number, service: Service, portName: string | undefined): void {
    const server = net.createServer({ noDelay: true }, (socket) => this.forward(socket, port));
    const deck = new Deck<Target>(({ podAddress }) => podAddress);
    const table = new ConnectionTable(this.tables, port, "write");
    this.forwarders.set(port, { server, sockets: new Set(), deck, table, service, portName });
    server.on("error", (error: NodeJS.ErrnoException) => {
      // Forgotten, so that the next sync (25 s at most) tries again.
      this.forwarders.delete(port);
      table.close();
      const owner = { object: service, kind: "Service" as const, component: "kube-proxy" };
      const reason = error.code === "EADDRINUSE" ? "another process listens there" : error.message;
      this.events.warning(
        owner,
        "NodePortUnavailable",
        `Port ${port} of ${HOST} cannot be opened for node port "${portName ?? port}": ${reason}`,
      );
    });
    server.listen(port, HOST);
  }

  private forward(client: net.Socket, port: number): void {
    const forwarder = this.forwarders.get(port);
    client.on("error", () => client.destroy());
    if (!forwarder) return void client.destroy();
    const targets = readyTargets(forwarder.service, forwarder.portName, this.slices());
    const target = forwarder.deck.draw(targets);
    if (!target) return void client.resetAndDestroy();
    const { host, port: targetPort, podAddress } = target;
    forwarder.table.set(client.remotePort ?? 0, podAddress);
    const upstream = net.connect({ host, port: targetPort, noDelay: true });
    forwarder.sockets.add(client);
    client.on("close", () => {
      forwarder.sockets.delete(client);
      upstream.destroy();
    });
    upstream.on("error", () => client.resetAndDestroy());
    upstream.on("close", () => client.destroySoon());
    client.pipe(upstream).pipe(client);
  }

  private close(port: number): void {
    const forwarder = this.forwarders.get(port);
    this.forwarders.delete(port);
    forwarder?.server.close();
    forwarder?.table.close();
    for (const socket of forwarder?.sockets ?? []) socket.destroy();
  }
}
