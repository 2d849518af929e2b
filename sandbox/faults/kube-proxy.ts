/**
 * A reverse proxy in front of a sandbox's API server that misbehaves on order. Plain HTTP on
 * 127.0.0.1, so that one kubeconfig line leads a client through it; port-forwards go through it too.
 */
import { once } from "node:events";
import {
  Agent as HttpAgent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type Effect, type KubeFault, Rule, type SeenRequest } from "./kube-fault";

export type { Effect, KubeFault, SeenRequest } from "./kube-fault";

export interface KubeProxyOptions {
  /** URL of the API server. */
  server: string;
  /** Its certificate authority. */
  ca?: Buffer;
}

export class KubeProxy {
  /** Every request since the last `forget`, in the order of arrival. */
  readonly seen: SeenRequest[] = [];
  private rules: Rule[] = [];
  private readonly sockets = new Set<Duplex>();
  private readonly upgraded = new Set<Duplex>();
  private readonly agent: HttpAgent;
  private readonly target: URL;
  private readonly request: typeof httpRequest;
  private server = this.newServer();
  private port = 0;

  constructor(private readonly options: KubeProxyOptions) {
    this.target = new URL(options.server);
    const secure = this.target.protocol === "https:";
    this.agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true });
    this.request = secure ? httpsRequest : httpRequest;
  }

  /** URL for a kubeconfig; the same through all outages. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens, again on the same port after `refuse`. */
  async accept(): Promise<void> {
    if (this.server.listening) return;
    this.server = this.newServer();
    this.server.listen(this.port, "127.0.0.1");
    await once(this.server, "listening");
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** An outage: open connections end, port-forwards too, and new ones are refused. */
  async refuse(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** An outage of so many milliseconds; resolves when it is over. */
  async outage(milliseconds: number): Promise<void> {
    await this.refuse();
    await sleep(milliseconds);
    await this.accept();
  }

  /** Puts a fault into force, behind those that are; the first that strikes a request has it. */
  strike(fault: KubeFault): Rule {
    const rule = new Rule(fault);
    this.rules.push(rule);
    return rule;
  }

  /** Lifts one fault, or all; what hangs already hangs until its client gives up. */
  heal(rule?: Rule): void {
    this.rules = rule ? this.rules.filter((each) => each !== rule) : [];
  }

  /** Ends every upgraded connection, that is every port-forward. Returns how many there were. */
  cutForwards(): number {
    const { size } = this.upgraded;
    for (const socket of this.upgraded) socket.destroy();
    return size;
  }

  /** Forgets what was seen. */
  forget(): void {
    this.seen.length = 0;
  }

  async close(): Promise<void> {
    this.heal();
    await this.refuse();
    this.agent.destroy();
  }

  private newServer() {
    const server = createServer({ keepAliveTimeout: 60_000 });
    server.on("connection", (socket: Socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    });
    server.on("request", (incoming, response) => void this.serve(incoming, response));
    server.on("upgrade", (incoming, socket, head) => void this.upgrade(incoming, socket, head));
    return server;
  }

  /** Notes the request and says what is to be done to it; a delay has passed by then. */
  private async struckBy(incoming: IncomingMessage): Promise<[SeenRequest, Effect | undefined]> {
    const seen: SeenRequest = {
      at: Date.now(),
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      agent: incoming.headers["user-agent"] ?? "",
    };
    this.seen.push(seen);
    const effect = this.rules.find((rule) => rule.strikes(seen))?.fault.effect;
    if (!effect) return [seen, undefined];
    seen.struck = effect.kind;
    if (effect.kind !== "delay") return [seen, effect];
    await sleep(effect.milliseconds);
    return [seen, undefined];
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const [seen, effect] = await this.struckBy(incoming);
    if (effect?.kind === "hang") return;
    if (effect?.kind === "cut-before") return void incoming.socket.destroy();
    if (effect?.kind === "answer") {
      seen.status = effect.status;
      response.writeHead(effect.status, headersOf(effect));
      return void response.end(statusOf(effect));
    }
    const cut = (): void => void incoming.socket.destroy();
    const forwarded = this.request(this.towards(incoming));
    forwarded.on("error", cut);
    // A watch or a log that its client has left must not go on behind it.
    response.on("close", () => forwarded.destroy());
    forwarded.on("response", (answer) => {
      if (effect?.kind === "swallow") return void answer.resume();
      if (effect?.kind === "cut-after") return void answer.resume().on("end", cut);
      seen.status = answer.statusCode;
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      if (effect?.kind !== "cut-within") return void answer.pipe(response);
      answer.once("data", (chunk: Buffer) => {
        response.write(chunk.subarray(0, Math.ceil(chunk.length / 2)), cut);
      });
    });
    forwarded.end(Buffer.concat(chunks));
  }

  private async upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const [seen, effect] = await this.struckBy(incoming);
    if (effect?.kind === "hang") return;
    if (effect?.kind === "cut-before") return void socket.destroy();
    if (effect?.kind === "answer") {
      seen.status = effect.status;
      const lines = Object.entries({ ...headersOf(effect), connection: "close" });
      return void socket.end(rawHead(effect.status, lines) + statusOf(effect));
    }
    const forwarded = this.request({ ...this.towards(incoming), agent: undefined });
    forwarded.on("error", () => socket.destroy());
    forwarded.on("response", (answer) => {
      seen.status = answer.statusCode;
      socket.write(rawHead(answer.statusCode ?? 502, pairs(answer.rawHeaders)));
      answer.pipe(socket);
    });
    forwarded.on("upgrade", (answer, upstream, first) => {
      seen.status = 101;
      if (effect?.kind === "cut-after") return void [socket, upstream].forEach((s) => s.destroy());
      socket.write(rawHead(101, pairs(answer.rawHeaders)));
      if (first.length > 0) socket.write(first);
      if (head.length > 0) upstream.write(head);
      join(socket, upstream);
      this.upgraded.add(socket);
      socket.on("close", () => this.upgraded.delete(socket));
      if (effect?.kind === "cut-within") {
        const timer = setTimeout(() => socket.destroy(), effect.milliseconds ?? 0);
        socket.on("close", () => clearTimeout(timer));
      }
    });
    forwarded.end();
  }

  private towards(incoming: IncomingMessage): RequestOptions {
    const { hostname, port, host } = this.target;
    return {
      hostname,
      port,
      path: incoming.url,
      method: incoming.method,
      headers: { ...incoming.headers, host },
      agent: this.agent,
      ca: this.options.ca,
    };
  }
}

type Answer = Extract<Effect, { kind: "answer" }>;

/** A Status object, as the API server's own refusals have. */
function statusOf({ status, reason, message }: Answer): string {
  return JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    code: status,
    reason: reason ?? "InjectedFault",
    message: message ?? `the proxy was told to answer ${status}`,
  });
}

function headersOf({ retryAfter, ...answer }: Answer): Record<string, string> {
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(statusOf(answer))),
    ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
  };
}

const rawHead = (status: number, headers: [string, string][]): string =>
  `HTTP/1.1 ${status} ${status === 101 ? "Switching Protocols" : "Answer"}\r\n` +
  `${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;

function pairs(raw: string[]): [string, string][] {
  return raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ""] satisfies [string, string]] : [],
  );
}

/** Each end's end is the other's. */
function join(one: Duplex, other: Duplex): void {
  one.pipe(other).pipe(one);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  }
}
