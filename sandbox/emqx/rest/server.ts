import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { readFileSync } from "node:fs";
import { RpcError } from "../cluster/mesh";
import type { EmqxNode } from "../node";
import type { TlsListener } from "../settings/settings";
import { authorize } from "./auth";
import { clientRoutes } from "./clients";
import { clusterRoutes } from "./cluster";
import { configRoutes } from "./configs";
import type { RestRequest, RestResponse, RestRoute } from "./http";
import { failure, jsonBody, notFoundPage, saysJson } from "./http";
import { listenerRoutes } from "./listeners";
import { loadRebalanceRoutes } from "./load-rebalance";
import { loginRoutes } from "./login";
import { monitoringRoutes } from "./monitoring";
import type { Switches } from "../switches/switches";
import { switchRoutes } from "../switches/routes";
import { nodeRoutes } from "./nodes";
import { licenseRoutes } from "./license";

interface CompiledRoute extends RestRoute {
  pattern: RegExp;
}

/** What one port of the management API serves, and how it answers what it doesn't. */
export interface RestDialect {
  port: number;
  /** HTTPS with these files in place of HTTP. */
  tls?: Pick<TlsListener, "certfile" | "keyfile">;
  routes: RestRoute[];
  /** The answer that refuses a request before its handler sees it, or undefined. */
  refuse(route: RestRoute, request: RestRequest): RestResponse | undefined;
  notFound(request: RestRequest): RestResponse;
}

/** The v5 API on the dashboard's port. */
export function dashboardDialect(node: EmqxNode): RestDialect {
  const enterprise = node.settings.version.edition === "ee";
  return {
    port: node.settings.ports.dashboard,
    tls: node.settings.dashboardTls,
    routes: [
      ...nodeRoutes(node),
      ...clusterRoutes(node),
      ...monitoringRoutes(node),
      ...clientRoutes(node),
      ...configRoutes(node),
      ...listenerRoutes(node),
      ...loginRoutes(node),
      ...switchRoutes(node.switches),
      ...(enterprise ? [...loadRebalanceRoutes(node), ...licenseRoutes(node)] : []),
    ],
    refuse: (route, request) =>
      notServing(node, request) ?? authorize(node, route, request) ?? checkBody(route, request),
    notFound: (request) => notFoundPage(request.headers.accept),
  };
}

/** An HTTP listener with the management API. */
export class RestServer {
  private readonly routes: CompiledRoute[];
  private server: Server | undefined;

  constructor(
    private readonly address: string,
    private readonly dialect: RestDialect,
    private readonly switches: Switches,
  ) {
    this.routes = dialect.routes.map((route) => ({ ...route, pattern: compile(route.path) }));
  }

  async start(): Promise<void> {
    const server = this.create();
    server.keepAliveTimeout = 60_000;
    this.server = server;
    const { address, dialect } = this;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address, port: dialect.port, backlog: 1024 }, () => resolve());
    });
  }

  private create(): Server {
    const receive = (request: IncomingMessage, response: ServerResponse): void =>
      this.receive(request, response);
    const { tls } = this.dialect;
    if (!tls) return createServer(receive);
    const [cert, key] = [tls.certfile, tls.keyfile].map((file) => readFileSync(file));
    return createHttpsServer({ cert, key }, receive);
  }

  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => response.destroy());
    request.on("end", () => {
      const url = new URL(request.url ?? "/", "http://localhost");
      const restRequest: RestRequest = {
        method: request.method ?? "GET",
        path: url.pathname.replace(/(.)\/$/, "$1"),
        query: url.searchParams,
        params: [],
        headers: request.headers,
        text: Buffer.concat(chunks).toString(),
      };
      void this.answerAsTold(restRequest).then((answer) => {
        if (answer) send(response, answer);
      });
    });
  }

  /** Undefined when a switch wants silence. */
  private async answerAsTold(request: RestRequest): Promise<RestResponse | undefined> {
    const spoilt = this.switches.answerFor(request);
    const asUsual = (): Promise<RestResponse> => this.answer(request);
    return spoilt ? spoilt.answer(asUsual) : asUsual();
  }

  private async answer(request: RestRequest): Promise<RestResponse> {
    const candidates = this.routes.filter((route) => route.pattern.test(request.path));
    if (candidates.length === 0) return this.dialect.notFound(request);
    const route = candidates.find((candidate) => candidate.method === request.method);
    if (!route) {
      const allow = candidates.map((candidate) => candidate.method).join(", ");
      return { status: 405, headers: { allow } };
    }
    const refused = this.dialect.refuse(route, request);
    if (refused) return refused;
    const params = (route.pattern.exec(request.path) ?? []).slice(1).map(decodeURIComponent);
    try {
      return await route.handle({ ...request, params });
    } catch (error) {
      if (error instanceof RpcError) return rpcFailure(error);
      return failure(500, "INTERNAL_ERROR", `error, ${String(error)}`);
    }
  }
}

/** EMQX means to answer RPC_ERROR but its schema doesn't declare the code (facts/emqx-api.md trap 15). */
export function rpcFailure(error: RpcError): RestResponse {
  const text = `Unsupported code 'RPC_ERROR', message <<"RPC error on node '${error.node}': {error,${error.reason}}">>, schema def ['BAD_REQUEST','NOT_FOUND']`;
  return { status: 500, body: text, contentType: "text/plain" };
}

/** A replicant without a core answers `/status` only. */
function notServing(node: EmqxNode, { path }: RestRequest): RestResponse | undefined {
  if (node.isServing || /^(\/api\/v5)?\/status$|^\/sandbox\//.test(path)) return undefined;
  return failure(503, "SERVICE_UNAVAILABLE", "Service Unavailable");
}

function checkBody(route: RestRoute, request: RestRequest): RestResponse | undefined {
  if (request.method === "GET" || request.text === "") return undefined;
  if (route.schema && !saysJson(request)) return unsupportedMediaType();
  if (!saysJson(request)) return undefined;
  const body = jsonBody(request);
  if ("error" in body) return body.error;
  return route.schema && typeof body.value === "string" ? unsupportedMediaType() : undefined;
}

function unsupportedMediaType(): RestResponse {
  return failure(415, "UNSUPPORTED_MEDIA_TYPE", "content-type:application/json Required");
}

function compile(path: string): RegExp {
  return new RegExp(`^${path.replaceAll("{}", "([^/]+)")}$`);
}

function send(response: ServerResponse, answer: RestResponse): void {
  const text =
    typeof answer.body === "string" || answer.body === undefined
      ? (answer.body ?? "")
      : JSON.stringify(answer.body, sortedKeys);
  const json = typeof answer.body === "object" ? "application/json" : undefined;
  const contentType = answer.contentType ?? json;
  response.writeHead(answer.status, {
    ...(contentType === undefined ? {} : { "content-type": contentType }),
    ...(answer.status === 204 ? {} : { "content-length": String(Buffer.byteLength(text)) }),
    ...answer.headers,
  });
  response.end(text);
}

/** Erlang prints the keys of a map in order. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
