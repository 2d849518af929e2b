/** A small API server in memory: objects, patches, conflicts, port-forwards, and faults on order. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";

type Value = Record<string, unknown>;

export interface Stored extends Value {
  kind: string;
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    resourceVersion?: string;
    uid?: string;
  };
}

export interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: Value | undefined;
}

interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export class FakeApi {
  readonly objects = new Map<string, Stored>();
  readonly requests: SeenRequest[] = [];
  readonly sockets = new Set<WebSocket>();
  /** Where port-forwards to a pod lead; a pod that is missing here refuses. */
  readonly forwards = new Map<string, number>();
  /** Answers instead of the store when it returns something. */
  intercept?: (request: SeenRequest) => Answer | undefined;
  /** The status that a port-forward with these headers is refused with. */
  refuseForward?: (headers: IncomingMessage["headers"]) => string | undefined;
  private readonly server = createServer((request, response) => void this.serve(request, response));
  private version = 0;

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const upgrades = new WebSocketServer({ noServer: true });
    this.server.on("upgrade", (request, socket, head) => {
      const url = new URL(request.url ?? "", "http://x");
      const pod = /\/pods\/([^/]+)\/portforward$/.exec(url.pathname)?.[1] ?? "";
      const port = this.forwards.get(pod);
      const refused = this.refuseForward?.(request.headers);
      if (refused) return refuse(socket, refused);
      if (port === undefined) return refuse(socket, "403 Forbidden");
      upgrades.handleUpgrade(request, socket, head, (webSocket) => this.forward(webSocket, port));
    });
    return this;
  }

  get kubeconfig(): string {
    const { port } = this.server.address() as AddressInfo;
    return JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "fake",
          cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true },
        },
      ],
      users: [{ name: "me", user: { token: "t0ken" } }],
      contexts: [{ name: "here", context: { cluster: "fake", user: "me" } }],
      "current-context": "here",
    });
  }

  put(plural: string, object: Stored): Stored {
    object.metadata.resourceVersion = String((this.version += 1));
    object.metadata.uid ??= `uid-${this.version}`;
    this.objects.set(`${plural}/${object.metadata.name}`, object);
    return object;
  }

  writes(): string[] {
    return this.requests
      .filter(({ method, path }) => method !== "GET" && !path.includes("accessreviews"))
      .map(({ method, path }) => `${method} ${path.split("/").slice(-2).join("/")}`);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "", "http://x");
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const request: SeenRequest = {
      method: incoming.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body: text ? (JSON.parse(text) as Value) : undefined,
    };
    this.requests.push(request);
    const { status, body, headers } = this.intercept?.(request) ?? this.answer(request);
    const raw = typeof body === "string";
    const contentType = raw ? "text/plain" : "application/json";
    response.writeHead(status, { "content-type": contentType, ...headers });
    response.end(raw ? body : JSON.stringify(body));
  }

  /** What the store makes of a request. */
  answer({ method, path, query, body }: SeenRequest): Answer {
    if (path.endsWith("/selfsubjectaccessreviews")) {
      return { status: 201, body: { status: { allowed: true } } };
    }
    const [, plural = "", name, sub] = /namespaces\/[^/]+\/(.*)$/.exec(path)?.[1]
      ? ["", ...path.split("/namespaces/")[1]!.split("/").slice(1)]
      : [];
    if (sub === "log") return { status: 200, body: "" };
    const key = `${plural}/${name}`;
    const stored = name ? this.objects.get(key) : undefined;
    if (method === "GET" && !name) {
      return { status: 200, body: { items: this.matching(plural, query.get("labelSelector")) } };
    }
    if (method === "POST") {
      const created = body as Stored;
      if (query.has("dryRun")) return { status: 201, body: created };
      const exists = this.objects.has(`${plural}/${created.metadata.name}`);
      return exists
        ? failure(409, "AlreadyExists")
        : { status: 201, body: this.put(plural, created) };
    }
    if (method === "PATCH" && body && (stored || query.get("force") === "true")) {
      const next = merge(structuredClone(stored ?? {}), body) as Stored;
      return { status: 200, body: this.put(plural, next) };
    }
    if (!stored) return failure(404, "NotFound");
    if (method === "GET") return { status: 200, body: stored };
    if (method === "DELETE") {
      this.objects.delete(key);
      return { status: 200, body: {} };
    }
    const replacement = body as Stored;
    if (replacement.metadata.resourceVersion !== stored.metadata.resourceVersion) {
      return failure(409, "Conflict");
    }
    return { status: 200, body: this.put(plural, replacement) };
  }

  private matching(plural: string, selector: string | null): Stored[] {
    const wanted = (selector ?? "").split(",").filter(Boolean);
    return [...this.objects]
      .filter(([key]) => key.startsWith(`${plural}/`))
      .map(([, object]) => object)
      .filter((object) =>
        wanted.every((pair) => {
          const [label = "", value] = pair.split("=");
          return object.metadata.labels?.[label] === value;
        }),
      );
  }

  private forward(webSocket: WebSocket, port: number): void {
    this.sockets.add(webSocket);
    for (const channel of [0, 1]) webSocket.send(Buffer.from([channel, port & 255, port >> 8]));
    const target = connect(port, "127.0.0.1");
    const frame = (channel: number, data: Buffer) =>
      webSocket.send(Buffer.concat([Buffer.from([channel]), data]));
    target.on("data", (data) => frame(0, data));
    target.on("error", (error) => frame(1, Buffer.from(error.message)));
    target.on("close", () => webSocket.close());
    webSocket.on("message", (data: Buffer) => target.write(data.subarray(1)));
    webSocket.on("close", () => {
      this.sockets.delete(webSocket);
      target.destroy();
    });
  }
}

export function failure(status: number, reason: string, message = reason) {
  return { status, body: { kind: "Status", status: "Failure", reason, message, code: status } };
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** A merge patch; good enough for an apply by a single manager. */
function merge(target: Value, patch: Value): Value {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete target[key];
    else if (typeof value === "object" && !Array.isArray(value)) {
      target[key] = merge((target[key] as Value | undefined) ?? {}, value as Value);
    } else target[key] = value;
  }
  return target;
}
