import { setMaxListeners } from "node:events";
import { request } from "undici";
import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import { EmqxError } from "../errors";
import {
  isTransient,
  LoginError,
  parseRefusal,
  reasonOf,
  refusalError,
  unreachableError,
} from "./failure";
import { type OnWait, Outage } from "./outage";
import { type Attempt, type Patience, retry } from "./retry";
import { type Channel, Transport } from "./transport";
import { until } from "./until";

/** Milliseconds that one attempt of a call may take. */
const CALL_TIMEOUT = 10_000;
/** Attempts of a patch that meets others at the same object. */
const CONFLICTS = 5;

/** How often one call may be made again for a refusal. */
interface Spare {
  conflicts: number;
  logins: number;
}

export interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** What is asked, for messages: `get pods in namespace x`. */
  asked: string;
  query?: Record<string, string>;
  body?: unknown;
  contentType?: string;
  /** Whether connection errors, 429 and 5xx are worth another attempt. Default true. */
  patient?: boolean;
  /** Awaited before every further attempt. */
  beforeAgain?: () => Promise<void>;
}

/** HTTP to one API server: every attempt bounded in time, every call by the length of an outage. */
export class Caller {
  /** Told about an outage that is being waited for, and when it is over. */
  onWait: OnWait = () => undefined;
  private readonly transport: Transport;
  private readonly outage: Outage;
  private readonly closing = new AbortController();

  constructor(
    config: KubeConfig,
    private readonly patience: Patience,
  ) {
    this.transport = new Transport(config);
    // As many as there are calls that wait.
    setMaxListeners(0, this.closing.signal);
    this.outage = new Outage(this.transport.server, (line, over) => this.onWait(line, over));
  }

  get server(): string {
    return this.transport.server;
  }

  async json<T>(call: Call): Promise<T> {
    const text = await this.text(call);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new EmqxError(
        "EMQX_KUBERNETES_ERROR",
        `Expected JSON from ${this.server} for "${call.asked}", got ${JSON.stringify(text.slice(0, 80))}. ` +
          "Is the kubeconfig's server really a Kubernetes API server?",
        { cause },
      );
    }
  }

  async text(call: Call): Promise<string> {
    const spare = { conflicts: CONFLICTS - 1, logins: 1 };
    return retry(
      {
        patience: this.patience,
        outage: this.outage,
        signal: this.closing.signal,
        beforeAgain: call.beforeAgain,
      },
      () => this.attempt(call, spare),
    );
  }

  /** Ends what is under way, waiting included. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.transport.close();
  }

  private async attempt(call: Call, spare: Spare): Promise<Attempt<string>> {
    const { server } = this;
    const limit = AbortSignal.timeout(CALL_TIMEOUT);
    const query = call.query ? `?${new URLSearchParams(call.query).toString()}` : "";
    let status: number;
    let text: string;
    let after: unknown;
    let channel: Channel;
    try {
      channel = await until(this.closing.signal, this.transport.channel(limit));
      const { dispatcher, headers } = channel;
      const response = await request(`${server}${call.path}${query}`, {
        method: call.method,
        dispatcher,
        headers: {
          ...headers,
          accept: "application/json, */*",
          ...(call.body !== undefined && {
            "content-type": call.contentType ?? "application/json",
          }),
        },
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        signal: limit,
      });
      status = response.statusCode;
      after = response.headers["retry-after"];
      text = await response.body.text();
    } catch (cause) {
      if (cause instanceof EmqxError) throw cause;
      const error = (seconds: number) => unreachableError(server, call.asked, cause, seconds);
      const lasts = cause instanceof LoginError && !cause.passing;
      if (call.patient === false || lasts) throw error(0);
      return { again: error, why: reasonOf(cause) };
    }
    const refusal = parseRefusal(status, text);
    const error = (seconds: number) => refusalError(server, call.asked, refusal, seconds);
    if (isTransient(status)) {
      if (call.patient === false) throw error(0);
      const afterMs = Number(after) > 0 ? Number(after) * 1000 : undefined;
      return { again: error, why: String(status), afterMs };
    }
    this.outage.answered();
    if (status < 300) return { value: text };
    // A patch carries no version: it may be made again upon whatever the others left.
    if (status === 409 && call.method === "PATCH" && spare.conflicts-- > 0) {
      return { again: error };
    }
    // A token may be withdrawn before its time.
    if (status === 401 && spare.logins-- > 0 && channel.refused()) return { again: error };
    throw error(0);
  }
}
