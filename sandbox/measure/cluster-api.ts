import http from "node:http";
import https from "node:https";
import type { KubeClient } from "../node-agent/kube/client";
import type { Secret } from "../node-agent/kube/types";
import type { Watched } from "./watched";

/** How a cluster's management API is reached. */
export interface ClusterApi {
  /** "v4" is EMQX 4.4. Default "v5". */
  version: "v5" | "v4";
  /** Default 18083; 8081 for version 4. */
  port: number;
  /** By HTTPS, whatever the certificate: measuring is about EMQX, not about trust. Default false. */
  https: boolean;
  /** Secret with lines `key:secret`. Default `<cluster>-bootstrap-api-key`. */
  secret: string;
  /** Key that is used of those lines. Default `pulumi-emqx`. */
  key: string;
  /** User and password instead of the Secret. */
  credentials: { user: string; password: string };
  /** Path of the list of nodes. Default `/api/<version>/nodes`. */
  nodesPath: string;
  /** Path of the evacuations under way. Default `/api/<version>/load_rebalance/global_status`. */
  evacuationsPath: string;
}

/** An answer other than 200. */
export class ApiAnswer extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Asks pods of one cluster directly, past everything of ours. */
export class ClusterApiClient {
  static async open(client: KubeClient, watched: Watched): Promise<ClusterApiClient> {
    const { version = "v5" } = watched.api ?? {};
    const api = {
      port: version === "v4" ? 8081 : 18083,
      https: false,
      nodesPath: `/api/${version}/nodes`,
      evacuationsPath: `/api/${version}/load_rebalance/global_status`,
      ...watched.api,
    };
    return new ClusterApiClient(api, await authorizationOf(client, watched));
  }

  private constructor(
    private readonly api: Pick<ClusterApi, "port" | "https" | "nodesPath" | "evacuationsPath">,
    private readonly authorization: string,
  ) {}

  nodes<T>(host: string): Promise<T> {
    return this.ask(host, this.api.nodesPath, 10_000);
  }

  evacuations<T>(host: string, timeout = 10_000): Promise<T> {
    return this.ask(host, this.api.evacuationsPath, timeout);
  }

  private async ask<T>(host: string, path: string, timeout: number): Promise<T> {
    const { port, https: secure } = this.api;
    const headers = { authorization: this.authorization };
    const body = await get({ host, port, path, headers, timeout }, secure);
    return unwrapped(JSON.parse(body)) as T;
  }
}

/** Version 4 wraps its answers in `{"code": 0, "data": ...}`. */
function unwrapped(answer: unknown): unknown {
  const isWrapped = typeof answer === "object" && answer !== null && "data" in answer;
  return isWrapped ? answer.data : answer;
}

async function authorizationOf(client: KubeClient, watched: Watched): Promise<string> {
  const { namespace, cluster, api = {} } = watched;
  const basic = (user: string, password: string): string =>
    `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  if (api.credentials) return basic(api.credentials.user, api.credentials.password);
  const { secret: name = `${cluster}-bootstrap-api-key`, key = "pulumi-emqx" } = api;
  const secret = await client.get<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`);
  for (const file of Object.values(secret.data ?? {})) {
    for (const line of Buffer.from(file, "base64").toString("utf8").split("\n")) {
      const [user, value] = line.trim().split(":");
      if (user === key && value) return basic(user, value);
    }
  }
  throw new Error(`Expected a line \`${key}:<secret>\` in Secret ${name}, found none.`);
}

function get(options: http.RequestOptions, secure: boolean): Promise<string> {
  const what = `GET ${options.path} of ${options.host}`;
  return new Promise((resolve, reject) => {
    const receive = (response: http.IncomingMessage): void => {
      let body = "";
      response
        .setEncoding("utf8")
        .on("data", (text: string) => (body += text))
        .on("error", reject)
        .on("end", () => {
          const { statusCode = 0 } = response;
          if (statusCode === 200) return resolve(body);
          reject(new ApiAnswer(statusCode, `${what} answered ${statusCode}: ${body}`));
        });
    };
    const request = secure
      ? https.get({ ...options, rejectUnauthorized: false }, receive)
      : http.get(options, receive);
    request.on("timeout", () => request.destroy(new Error(`${what} timed out`)));
    request.on("error", reject);
  });
}
