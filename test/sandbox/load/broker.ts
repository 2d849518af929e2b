import net from "node:net";
import { generate, parser, type Packet } from "mqtt-packet";

interface Session {
  topics: Set<string>;
  queue: { topic: string; payload: string }[];
}

interface Connection {
  socket: net.Socket;
  clientId: string;
  version: number;
  persistent: boolean;
}

/** Sessions and routes that several test brokers share, as nodes of a cluster do. */
export class TestCluster {
  readonly sessions = new Map<string, Session>();
  readonly connections = new Map<string, Connection>();
  readonly nodes: TestNode[] = [];
  /** Messages that a subscriber must not get, to prove that the loss is noticed. */
  swallow: (clientId: string, payload: string) => boolean = () => false;

  async node(): Promise<TestNode> {
    const node = new TestNode(this);
    await node.listen();
    this.nodes.push(node);
    return node;
  }

  close(): void {
    for (const node of this.nodes) node.close();
  }

  publish(topic: string, payload: string): void {
    for (const [clientId, session] of this.sessions) {
      if (!session.topics.has(topic) || this.swallow(clientId, payload)) continue;
      const connection = this.connections.get(clientId);
      if (connection) deliver(connection, topic, payload);
      else session.queue.push({ topic, payload });
    }
  }
}

/** A broker with just enough MQTT for the fleet. */
export class TestNode {
  port = 0;
  readonly connections = new Set<Connection>();
  private readonly server = net.createServer((socket) => this.serve(socket));

  constructor(private readonly cluster: TestCluster) {}

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.server.listen(0, "127.0.0.1", () => {
        this.port = (this.server.address() as net.AddressInfo).port;
        resolve();
      });
    });
  }

  /** Disconnects everybody as an evacuation does. */
  evict(): void {
    for (const { socket, version } of this.connections) {
      if (version === 5) {
        socket.write(generate({ cmd: "disconnect", reasonCode: 0x9c }, { protocolVersion: 5 }));
      }
      socket.end();
    }
  }

  close(): void {
    for (const { socket } of this.connections) socket.destroy();
    this.server.close();
  }

  private serve(socket: net.Socket): void {
    const reader = parser();
    const connection: Connection = { socket, clientId: "", version: 4, persistent: false };
    reader.on("packet", (packet: Packet) => this.handle(connection, packet));
    socket.on("data", (data) => reader.parse(data));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.connections.delete(connection);
      if (this.cluster.connections.get(connection.clientId) !== connection) return;
      this.cluster.connections.delete(connection.clientId);
      if (!connection.persistent) this.cluster.sessions.delete(connection.clientId);
    });
  }

  private handle(connection: Connection, packet: Packet): void {
    const { socket } = connection;
    const protocolVersion = connection.version;
    if (packet.cmd === "connect") return this.welcome(connection, packet);
    const session = this.cluster.sessions.get(connection.clientId);
    if (packet.cmd === "subscribe") {
      for (const { topic } of packet.subscriptions) session?.topics.add(topic);
      const { messageId } = packet;
      socket.write(generate({ cmd: "suback", messageId, granted: [1] }, { protocolVersion }));
    } else if (packet.cmd === "publish") {
      const { messageId } = packet;
      this.cluster.publish(packet.topic, packet.payload.toString());
      socket.write(generate({ cmd: "puback", messageId, reasonCode: 0 }, { protocolVersion }));
    } else if (packet.cmd === "pingreq") {
      socket.write(generate({ cmd: "pingresp" }));
    } else if (packet.cmd === "disconnect") {
      socket.end();
    }
  }

  private welcome(connection: Connection, packet: Packet & { cmd: "connect" }): void {
    const { clientId, protocolVersion = 4, clean = true } = packet;
    Object.assign(connection, { clientId, version: protocolVersion, persistent: !clean });
    const { sessions, connections } = this.cluster;
    const known = clean ? undefined : sessions.get(clientId);
    const session = known ?? { topics: new Set<string>(), queue: [] };
    sessions.set(clientId, session);
    connections.set(clientId, connection);
    this.connections.add(connection);
    const answer = { sessionPresent: known !== undefined, returnCode: 0, reasonCode: 0 };
    connection.socket.write(generate({ cmd: "connack", ...answer }, { protocolVersion }));
    for (const { topic, payload } of session.queue.splice(0)) deliver(connection, topic, payload);
  }
}

let nextId = 1;

function deliver({ socket, version }: Connection, topic: string, payload: string): void {
  nextId = (nextId % 60_000) + 1;
  const packet = { cmd: "publish", topic, payload, qos: 1, messageId: nextId } as const;
  socket.write(generate({ ...packet, dup: false, retain: false }, { protocolVersion: version }));
}
