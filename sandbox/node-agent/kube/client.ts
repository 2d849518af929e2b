import { readFile } from "node:fs/promises";
import https from "node:https";

/** An answer of the API server with a status of 400 or more. */
export class KubeError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = "KubeError";
  }
}

/** Whether the API server said that the object does not exist. */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404;
}

/** Whether the API server refused because of a concurrent write, or because the object exists. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.status === 409;
}

export const MERGE_PATCH = "application/merge-patch+json";
export const STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json";

/** Milliseconds after which an ordinary request counts as lost. */
const REQUEST_TIMEOUT = 15_000;

/** The few verbs that the agent needs, on one pool of kept-alive connections. */
export class KubeClient {
  private readonly base: URL;

  private constructor(
    server: string,
    private readonly tls: https.RequestOptions,
    private readonly agent: https.Agent,
  ) {
    this.base = new URL(server);
  }

  /** Reads credentials with client-node, so that every kind of kubeconfig works. */
  static async fromFile(kubeconfig: string): Promise<KubeClient> {
    const { KubeConfig } = await import("@kubernetes/client-node");
    const config = new KubeConfig();
    config.loadFromString(await readFile(kubeconfig, "utf8"));
    const cluster = config.getCurrentCluster();
    if (!cluster) {
      throw new Error(`Expected ${kubeconfig} to have a current cluster, but it has none.`);
    }
    const tls: https.RequestOptions = {};
    await config.applyToHTTPSOptions(tls);
    delete tls.agent;
    const { ca, cert, key, rejectUnauthorized } = tls;
    const agent = new https.Agent({ keepAlive: true, ca, cert, key, rejectUnauthorized });
    return new KubeClient(cluster.server, tls, agent);
  }

  get<T>(path: string): Promise<T> {
    return this.request<T>("GET", path);
  }

  create<T>(path: string, body: object): Promise<T> {
    return this.request<T>("POST", path, body);
  }

  replace<T>(path: string, body: object): Promise<T> {
    return this.request<T>("PUT", path, body);
  }

  patch<T>(path: string, body: object, contentType = STRATEGIC_MERGE_PATCH): Promise<T> {
    return this.request<T>("PATCH", path, body, contentType);
  }

  delete<T>(path: string, body?: object): Promise<T> {
    return this.request<T>("DELETE", path, body);
  }

  /** Follows a watch until it ends, calling `onLine` with every line. Rejects when it breaks. */
  watch(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = https.request(this.options("GET", path, {}, signal), (response) => {
        let rest = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          const lines = (rest + chunk).split("\n");
          rest = lines.pop() ?? "";
          if (response.statusCode !== 200) return;
          try {
            for (const line of lines) if (line !== "") onLine(line);
          } catch (error) {
            response.destroy(error as Error);
          }
        });
        response.on("end", () => {
          const { statusCode = 0 } = response;
          if (statusCode === 200) resolve();
          else reject(new KubeError(statusCode, "", `GET ${path} answered ${statusCode}: ${rest}`));
        });
        response.on("error", reject);
      });
      request.on("error", reject);
      request.end();
    });
  }

  private request<T>(
    method: string,
    path: string,
    body?: object,
    contentType?: string,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const headers =
        payload === undefined
          ? {}
          : {
              "content-type": contentType ?? "application/json",
              "content-length": Buffer.byteLength(payload),
            };
      const options = this.options(method, path, headers, AbortSignal.timeout(REQUEST_TIMEOUT));
      const request = https.request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const { statusCode = 0 } = response;
          if (statusCode < 400) return resolve(JSON.parse(text) as T);
          reject(failure(method, path, statusCode, text));
        });
      });
      request.on("error", reject);
      request.end(payload);
    });
  }

  private options(
    method: string,
    path: string,
    headers: https.RequestOptions["headers"],
    signal: AbortSignal,
  ): https.RequestOptions {
    return {
      ...this.tls,
      agent: this.agent,
      host: this.base.hostname,
      port: this.base.port || 443,
      method,
      path,
      signal,
      headers: {
        accept: "application/json",
        "user-agent": "sandbox-node-agent",
        ...this.tls.headers,
        ...headers,
      },
    };
  }
}

function failure(method: string, path: string, status: number, text: string): KubeError {
  try {
    const body = JSON.parse(text) as { message?: string; reason?: string };
    return new KubeError(
      status,
      body.reason ?? "",
      `${method} ${path} answered ${status}: ${body.message ?? text}`,
    );
  } catch {
    return new KubeError(status, "", `${method} ${path} answered ${status}: ${text}`);
  }
}
