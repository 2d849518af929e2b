import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { Agent, request } from "undici";
import { EmqxError } from "../errors";
import type { Dial } from "../kubernetes/port-forward";
import { reasonOf } from "../kubernetes/failure";
import { parseApiKey } from "./api-key";

/** Bytes of an answer that are read at most; EMQX's longest, the list of nodes, has some thousand. */
const LONGEST_ANSWER = 8 * 1024 * 1024;
/** Characters of an answer that a message shows at most. */
const LONGEST_TEXT = 300;
/** Milliseconds between two looks at the Secret while nodes refuse its key: each refused call would be one. */
const SECRET_TTL = 5_000;

/** Connections kept to one pod: one is enough as long as no question of ours hangs. */
const CONNECTIONS_PER_POD = 4;

/** One answer of EMQX's API; the body is `undefined` when it is not JSON. */
export interface Answer {
  status: number;
  body: unknown;
  /** The body as text, without what the request hides, shortened, for messages. */
  text: string;
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** `hide` takes the body's secrets out of an answer, any of which could repeat a part of what was sent. */
export type Body = ({ json: unknown } | { text: string }) & { hide?(text: string): string };

export interface HttpOptions {
  dial: Dial;
  /** Where EMQX listens in a pod of which nothing else is known. */
  port: number;
  /** Whether such a pod speaks HTTPS. Default false. */
  https?: boolean;
  /** Puts TLS on a stream to a pod that speaks HTTPS. */
  secure?(stream: Duplex, pod: string): Promise<Duplex>;
  /** Root of the API: `/api/v4` or `/api/v5`. */
  base: string;
  /** Reads the bootstrap file from its Secret. */
  readApiKeys(): Promise<string>;
  /** Names the Secret, for messages. */
  secret: string;
}

/** Where and how a pod's API is reached. */
interface Door {
  port: number;
  https: boolean;
}

/** HTTP to the API of single pods. The host name of a URL is the pod's name; `dial` finds the way. */
export class EmqxHttp {
  private readonly agent: Agent;
  private readonly doors = new Map<string, Door>();
  private authorization?: Promise<string>;
  private readAgainAt = 0;

  constructor(private readonly options: HttpOptions) {
    this.agent = new Agent({
      connections: CONNECTIONS_PER_POD,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      maxResponseSize: LONGEST_ANSWER,
      connect: ({ hostname }, callback) => {
        this.open(hostname).then(
          // undici needs no more of a socket than a Duplex has.
          (stream) => callback(null, stream as Parameters<typeof callback>[1] & object),
          (error: Error) => callback(error, null),
        );
      },
    });
  }

  /** A pod of an earlier revision may listen elsewhere than the wanted one will. */
  listensAt(pod: string, port: number, https = false): void {
    this.doors.set(pod, { port, https });
  }

  private async open(pod: string): Promise<Duplex> {
    const { dial, port, https = false, secure } = this.options;
    const door = this.doors.get(pod) ?? { port, https };
    const stream = await dial(pod, door.port);
    return door.https && secure ? secure(stream, pod) : stream;
  }

  /**
   * Throws EMQX_API_UNREACHABLE when there is no answer in time, EMQX_API_UNAUTHORIZED when the key
   * is refused, also after reading the Secret once more.
   */
  async call(
    pod: string,
    method: Method,
    path: string,
    timeoutMs: number,
    body?: Body,
  ): Promise<Answer> {
    const used = (this.authorization ??= this.readAuthorization());
    const answer = await this.once(pod, method, path, timeoutMs, body);
    if (answer.status !== 401) return answer;
    if (used === this.authorization && !this.readAgain())
      throw this.unauthorized(pod, method, path, answer);
    const again = await this.once(pod, method, path, timeoutMs, body);
    if (again.status !== 401) return again;
    throw this.unauthorized(pod, method, path, again);
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** False when the Secret has been read so lately that it would say the same. */
  private readAgain(): boolean {
    if (Date.now() - this.readAgainAt < SECRET_TTL) return false;
    this.readAgainAt = Date.now();
    this.authorization = undefined;
    return true;
  }

  private unauthorized(pod: string, method: Method, path: string, { text }: Answer): EmqxError {
    return new EmqxError(
      "EMQX_API_UNAUTHORIZED",
      `EMQX in pod ${pod} refuses the API key of ${this.options.secret} (${method} ${path}: 401 ${text}). ` +
        "A node reads the key when it starts: if the Secret was changed since, `pulumi up --refresh` puts the old one " +
        "back. If the key was changed in EMQX, a core takes it again from its file by " +
        "`emqx eval 'emqx_mgmt_auth:try_init_bootstrap_file().'`; then run `pulumi up` again.",
    );
  }

  private async once(
    pod: string,
    method: Method,
    path: string,
    timeoutMs: number,
    body: Body | undefined,
  ): Promise<Answer> {
    const authorization = await (this.authorization ??= this.readAuthorization());
    const send = () => this.send(authorization, pod, method, path, timeoutMs, body);
    try {
      return await send().catch((cause: unknown) => {
        // A kept connection may have ended with the container that it led to.
        if (method === "GET" && codeOf(cause) === "UND_ERR_SOCKET") return send();
        throw cause;
      });
    } catch (cause) {
      if (cause instanceof EmqxError) throw cause;
      throw new EmqxError(
        "EMQX_API_UNREACHABLE",
        `EMQX in pod ${pod} did not answer ${method} ${path}: ${reasonOf(cause)}`,
        { cause },
      );
    }
  }

  private async send(
    authorization: string,
    pod: string,
    method: Method,
    path: string,
    timeoutMs: number,
    body: Body | undefined,
  ): Promise<Answer> {
    const response = await request(
      `http://${pod}:${this.options.port}${this.options.base}${path}`,
      {
        method,
        dispatcher: this.agent,
        headers: {
          authorization,
          accept: "application/json",
          ...(body && { "content-type": "json" in body ? "application/json" : "text/plain" }),
        },
        ...(body && { body: "json" in body ? JSON.stringify(body.json) : body.text }),
        signal: AbortSignal.timeout(timeoutMs),
      },
    );
    const text = await response.body.text();
    // undici frees the connection just after the body's end; a request before that opens another.
    await setImmediate();
    // Of a secret that is cut through, nobody could find the rest.
    const shown = (body?.hide?.(text) ?? text).slice(0, LONGEST_TEXT).trim();
    return { status: response.statusCode, body: parse(text), text: shown };
  }

  private async readAuthorization(): Promise<string> {
    try {
      const { key, secret } = parseApiKey(await this.options.readApiKeys(), this.options.secret);
      return `Basic ${Buffer.from(`${key}:${secret}`).toString("base64")}`;
    } catch (error) {
      this.authorization = undefined;
      throw error;
    }
  }
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

function parse(text: string): unknown {
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
