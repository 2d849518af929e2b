/** One node's HTTP API with bodies as real nodes sent them (facts/emqx-observed). */
import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface EmqxAnswer {
  status: number;
  /** An object is sent as JSON, a string as it is; undefined never answers. */
  body?: unknown;
}

export class FakeEmqx {
  readonly requests: { method: string; path: string; body: string; contentType?: string }[] = [];
  /** By `METHOD path` under /api/v4 or /api/v5, queries included; `hang` never answers. */
  readonly answers = new Map<string, EmqxAnswer | "hang">();
  secret = "s3cret";
  connections = 0;
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = (request.url ?? "").replace(/^\/api\/v[45]/, "");
      const method = request.method ?? "";
      const body = Buffer.concat(chunks).toString("utf8");
      this.requests.push({ method, path, body, contentType: request.headers["content-type"] });
      const answer = this.isAuthorized(request)
        ? (this.answers.get(`${method} ${path}`) ?? NOT_FOUND)
        : UNAUTHORIZED;
      if (answer === "hang") return;
      const raw = typeof answer.body === "string" || answer.body === undefined;
      response.writeHead(answer.status, {
        "content-type": raw ? "text/plain" : "application/json",
      });
      response.end(raw ? (answer.body as string | undefined) : JSON.stringify(answer.body));
    });
  });

  constructor(readonly node: string) {
    this.answers.set(`GET /nodes/${node}`, { status: 200, body: nodeBody(node) });
    this.answers.set(`GET /nodes/${node}/metrics`, {
      status: 200,
      body: { "client.connected": 7, "client.disconnected": 2 },
    });
    this.answers.set("GET /nodes", { status: 200, body: [nodeBody(node)] });
    this.answers.set("GET /load_rebalance/status", { status: 200, body: { status: "disabled" } });
    this.answers.set("GET /load_rebalance/global_status", {
      status: 200,
      body: { evacuations: [], purges: [], rebalances: [] },
    });
  }

  async start(): Promise<this> {
    this.server.on("connection", () => (this.connections += 1));
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private isAuthorized(request: IncomingMessage): boolean {
    const expected = Buffer.from(`pulumi-emqx:${this.secret}`).toString("base64");
    return request.headers.authorization === `Basic ${expected}`;
  }
}

const NOT_FOUND: EmqxAnswer = {
  status: 404,
  body: { code: "NOT_FOUND", message: "Request Path Not Found" },
};
const UNAUTHORIZED: EmqxAnswer = {
  status: 401,
  body: { code: "BAD_API_KEY_OR_SECRET", message: "Check api_key/api_secret" },
};

export function nodeBody(node: string, overrides: Record<string, unknown> = {}) {
  return {
    cluster_sessions: 0,
    connections: 3,
    edition: "Enterprise",
    live_connections: 2,
    load1: 0.48,
    max_fds: 20000,
    memory_total: "23.54G",
    node,
    node_status: "running",
    otp_release: "25.2.3/13.1.5",
    role: "core",
    uptime: 109421,
    version: "5.8.11",
    ...overrides,
  };
}
