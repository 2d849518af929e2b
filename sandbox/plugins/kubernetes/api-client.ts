import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { textAt, type JsonObject } from "../rpc/json";
import type { Connection } from "./kubeconfig";

/** The API server said no. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** Kubernetes' own reason, e.g. `AlreadyExists`. */
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** Nobody answered at the API server's address. */
export class UnreachableError extends Error {}

/** A body and how it is encoded. */
export interface Body {
  contentType: string;
  value: JsonObject | JsonObject[];
}

/** Longest wait for an answer, in ms. */
const ANSWER_TIMEOUT = 30_000;

/** Requests to one API server over kept-alive connections. */
export class ApiClient {
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly url: URL;

  constructor(private readonly connection: Connection) {
    this.url = new URL(connection.server);
    this.agent =
      this.url.protocol === "https:"
        ? new HttpsAgent({
            keepAlive: true,
            ca: connection.ca,
            cert: connection.cert,
            key: connection.key,
            rejectUnauthorized: !connection.insecure,
            ...(connection.serverName === undefined ? {} : { servername: connection.serverName }),
          })
        : new HttpAgent({ keepAlive: true });
  }

  /** Sends one request and returns the object that came back; throws `ApiError`. */
  send(
    method: string,
    path: string,
    query: Record<string, string> = {},
    body?: Body,
  ): Promise<JsonObject> {
    const search = new URLSearchParams(query).toString();
    const payload = body === undefined ? undefined : JSON.stringify(body.value);
    const headers: Record<string, string | number> = {
      accept: "application/json",
      "user-agent": "pulumi-kubernetes/4.34.2 (sandbox stand-in)",
    };
    if (this.connection.token !== undefined) {
      headers["authorization"] = `Bearer ${this.connection.token}`;
    }
    if (body !== undefined && payload !== undefined) {
      headers["content-type"] = body.contentType;
      headers["content-length"] = Buffer.byteLength(payload);
    }
    const base = this.url.pathname.replace(/\/$/, "");
    const options = {
      method,
      headers,
      agent: this.agent,
      hostname: this.url.hostname,
      port: this.url.port,
      path: `${base}${path}${search === "" ? "" : `?${search}`}`,
      timeout: ANSWER_TIMEOUT,
    };
    return new Promise((resolve, reject) => {
      const sent = (this.url.protocol === "https:" ? httpsRequest : httpRequest)(options);
      const fail = (error: Error): void =>
        reject(new UnreachableError(`${method} ${this.url.origin}${path}: ${error.message}`));
      sent.on("error", fail);
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${ANSWER_TIMEOUT} ms`)));
      sent.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("error", fail);
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(parse(text));
          else reject(apiError(status, text));
        });
      });
      sent.end(payload);
    });
  }

  /** Closes idle connections. */
  close(): void {
    this.agent.destroy();
  }
}

function parse(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return {};
  }
}

function apiError(status: number, text: string): ApiError {
  const answer = parse(text);
  return new ApiError(
    status,
    textAt(answer, "reason") ?? "Unknown",
    textAt(answer, "message") ?? `the server answered ${status}: ${text.slice(0, 200)}`,
  );
}
