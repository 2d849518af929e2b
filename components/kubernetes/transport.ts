import type { RequestOptions } from "node:https";
import { isDeepStrictEqual } from "node:util";
import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import { Agent, ProxyAgent, type Dispatcher } from "undici";
import { EmqxError } from "../errors";
import { Login } from "./login";
import { userAgent } from "./user-agent";

const CONNECT_TIMEOUT = 5_000;

/** What one request needs of the kubeconfig: its dispatcher (TLS) and its headers (identity). */
export interface Channel {
  dispatcher: Dispatcher;
  headers: Record<string, string>;
  /** The identity was not accepted. False when there is no other one. */
  refused(): boolean;
}

/** undici dispatchers made from a KubeConfig; one is replaced only when the TLS part changed. */
export class Transport {
  readonly server: string;
  private tls?: Record<string, unknown>;
  private dispatcher?: Dispatcher;
  private readonly login: Login;

  constructor(private readonly config: KubeConfig) {
    this.login = Login.of(config);
    this.server = (config.getCurrentCluster()?.server ?? "").replace(/\/+$/, "");
  }

  async channel(limit: AbortSignal): Promise<Channel> {
    const { options, refused } = await this.login.identity(limit);
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
    const tls = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
    if (!this.dispatcher || !isDeepStrictEqual(tls, this.tls)) {
      // Requests under way on the old one may end; nobody waits for them here.
      this.dispatcher?.close().catch(() => undefined);
      this.dispatcher = this.createDispatcher(tls);
      this.tls = tls;
    }
    return { dispatcher: this.dispatcher, headers: headersOf(options), refused };
  }

  async close(): Promise<void> {
    await this.dispatcher?.destroy();
    this.dispatcher = undefined;
  }

  private createDispatcher(options: Record<string, unknown>): Dispatcher {
    const tls = Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined && value !== null),
    );
    const proxy = this.config.getCurrentCluster()?.proxyUrl;
    if (!proxy) return new Agent({ connect: { ...tls, timeout: CONNECT_TIMEOUT } });
    if (/^https?:/.test(proxy)) return new ProxyAgent({ uri: proxy, requestTls: tls });
    throw new EmqxError(
      "EMQX_KUBERNETES_UNREACHABLE",
      `The kubeconfig's proxy-url \`${new URL(proxy).protocol}//...\` is not supported: expected http or https.`,
    );
  }
}

function headersOf(options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": userAgent() };
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value);
  }
  if (options.auth) {
    headers.authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`;
  }
  return headers;
}
