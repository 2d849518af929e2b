import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { log } from "../log";
import type { NodeMessage } from "./frames";
import { BatchReader, encodeBatch } from "./frames";
import type { Introduction } from "./handshake";
import { AcceptorHandshake } from "./handshake";
import { Link } from "./link";

/** A call to another node that got no result. */
export class RpcError extends Error {
  constructor(
    readonly node: string,
    readonly reason: "nodedown" | "timeout" | "failed",
    detail = "",
  ) {
    super(`${reason} on ${node} ${detail}`.trim());
  }
}

interface Pending {
  node: string;
  resolve(value: unknown): void;
  reject(error: RpcError): void;
  timer: NodeJS.Timeout | undefined;
}

type Handler = (from: string, ...args: unknown[]) => void;
type Method = (argument: unknown, from: string) => unknown;

/** The connections between nodes, as Erlang distribution makes them: by name, with a cookie, all to all. */
export class Mesh {
  private readonly links = new Map<string, Link>();
  private readonly incoming = new Map<string, { socket: Socket; instance: string }>();
  private readonly handlers = new Map<string, Handler>();
  private readonly methods = new Map<string, Method>();
  private readonly pending = new Map<number, Pending>();
  private readonly downListeners: ((name: string) => void)[] = [];
  private server: Server | undefined;
  private calls = 0;
  private stopped = false;

  constructor(
    readonly self: Introduction,
    private readonly cookie: string,
    private readonly port: number,
  ) {
    this.on("call", (from, id, method, argument) => {
      void this.answer(from, id as number, String(method), argument);
    });
    this.on("reply", (_from, id, ok, value) => this.settle(id as number, ok === true, value));
  }

  /** Registers what happens on a message of one kind. */
  on(kind: string, handler: Handler): void {
    this.handlers.set(kind, handler);
  }

  /** Registers a method that other nodes call. */
  serve(method: string, handler: Method): void {
    this.methods.set(method, handler);
  }

  onDown(listener: (name: string) => void): void {
    this.downListeners.push(listener);
  }

  async listen(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.accept(socket));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: this.self.address, port: this.port, backlog: 1024 }, () => resolve());
    });
  }

  stop(): void {
    this.stopped = true;
    this.server?.close();
    for (const link of this.links.values()) link.close();
    for (const { socket } of this.incoming.values()) socket.destroy();
  }

  /** Makes sure that there is a connection to `name`; false when there can't be one. */
  async connect(name: string, address: string | undefined): Promise<boolean> {
    if (name === this.self.name) return true;
    const known = this.links.get(name);
    if (known) return known.ready;
    return address === undefined ? false : this.dial(name, address).ready;
  }

  send(name: string, message: NodeMessage): void {
    this.links.get(name)?.send(message);
  }

  /** Calls a method; also on this node itself. Without a timeout it waits until the node is down. */
  async call<T>(name: string, method: string, argument: unknown, timeout?: number): Promise<T> {
    if (name === this.self.name) return (await this.run(method, argument, name)) as T;
    if (!this.links.has(name)) throw new RpcError(name, "nodedown");
    const id = (this.calls += 1);
    return new Promise<T>((resolve, reject) => {
      const expire = (): void => this.reject(id, new RpcError(name, "timeout"));
      const timer = timeout === undefined ? undefined : setTimeout(expire, timeout);
      this.pending.set(id, { node: name, resolve: (v) => resolve(v as T), reject, timer });
      this.send(name, ["call", id, method, argument]);
    });
  }

  private dial(name: string, address: string): Link {
    const link = new Link(this.self, this.cookie, name, address, this.port, (closed, reason) => {
      if (reason === "invalid challenge reply") {
        log("error", `** Connection attempt to node ${name} rejected. Invalid challenge reply. **`);
      }
      if (this.links.get(name) === closed) this.down(name);
    });
    this.links.set(name, link);
    return link;
  }

  private accept(socket: Socket): void {
    const handshake = new AcceptorHandshake(this.self.name, this.cookie);
    const reader = new BatchReader();
    const receive = (messages: NodeMessage[]): void => {
      const from = handshake.introduction;
      if (handshake.accepted && from) {
        for (const message of messages) this.dispatch(from.name, message);
        return;
      }
      const answer = messages[0] ? handshake.next(messages[0]) : undefined;
      if (!answer) {
        const who = handshake.introduction?.name ?? "unknown";
        log(
          "error",
          `** Connection attempt from node ${who} rejected. Invalid challenge reply. **`,
        );
        socket.destroy();
        return;
      }
      socket.write(encodeBatch([answer]));
      if (handshake.accepted && handshake.introduction)
        this.welcome(handshake.introduction, socket);
    };
    socket.on("data", (chunk) => reader.push(chunk, receive));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      const name = handshake.introduction?.name ?? "";
      if (this.incoming.get(name)?.socket === socket) this.down(name);
    });
  }

  private welcome(from: Introduction, socket: Socket): void {
    const old = this.incoming.get(from.name);
    if (old && old.instance !== from.instance) this.down(from.name);
    this.incoming.set(from.name, { socket, instance: from.instance });
    if (!this.links.has(from.name)) this.dial(from.name, from.address);
  }

  private down(name: string): void {
    const link = this.links.get(name);
    const socket = this.incoming.get(name)?.socket;
    this.links.delete(name);
    this.incoming.delete(name);
    link?.close();
    socket?.destroy();
    for (const [id, call] of this.pending) {
      if (call.node === name) this.reject(id, new RpcError(name, "nodedown"));
    }
    if (!this.stopped) for (const listener of this.downListeners) listener(name);
  }

  private dispatch(from: string, [kind, ...args]: NodeMessage): void {
    this.handlers.get(kind)?.(from, ...args);
  }

  private async answer(from: string, id: number, method: string, argument: unknown): Promise<void> {
    try {
      this.send(from, ["reply", id, true, await this.run(method, argument, from)]);
    } catch (error) {
      this.send(from, ["reply", id, false, String(error)]);
    }
  }

  private run(method: string, argument: unknown, from: string): unknown {
    const handler = this.methods.get(method);
    if (!handler) throw new Error(`no method ${method}`);
    return handler(argument, from);
  }

  private settle(id: number, ok: boolean, value: unknown): void {
    const call = this.pending.get(id);
    if (!call) return;
    if (!ok) {
      this.reject(id, new RpcError(call.node, "failed", String(value)));
      return;
    }
    this.pending.delete(id);
    clearTimeout(call.timer);
    call.resolve(value);
  }

  private reject(id: number, error: RpcError): void {
    const call = this.pending.get(id);
    this.pending.delete(id);
    clearTimeout(call?.timer);
    call?.reject(error);
  }
}
