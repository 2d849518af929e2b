import type { RestRequest, RestResponse } from "../rest/http";
import { failure } from "../rest/http";

/** What EMQX is made to answer on some paths of its API. */
export interface AnswerSwitch {
  /** Regular expression that the path must match, for example `/load_rebalance/status$`. */
  path: string;
  /** @default any */
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Seconds that the answer takes longer. @default 0 */
  delaySeconds?: number;
  /** Never answers; the connection stays open. */
  silent?: boolean;
  /** Answers so instead of what EMQX says, with EMQX's own body for 401, 404, 500 and 503. */
  status?: number;
  /** Body in place of EMQX's own for that status; text is sent as `text/plain`. */
  body?: unknown;
  /** EMQX's true answer, spoilt. */
  garbage?: Garbage;
  /** EMQX does what it was asked for before it answers otherwise. */
  afterwards?: boolean;
  /** How long the switch is on. @default until it is taken back */
  seconds?: number;
  /** How many requests it spoils. @default any number */
  times?: number;
}

/** A login page, half the answer, wrong types throughout, `null`, or nothing with status 200. */
export type Garbage = "html" | "cut" | "types" | "null" | "empty";

const HTML =
  "<!doctype html><html><head><title>Sign in</title></head><body><form>Password</form></body></html>";

/** One switch while it is on. */
export class ActiveAnswer {
  private readonly path: RegExp;
  private readonly until: number;
  private left: number;

  constructor(
    readonly given: AnswerSwitch,
    now: number,
  ) {
    this.path = new RegExp(given.path);
    this.until = given.seconds === undefined ? Infinity : now + given.seconds * 1000;
    this.left = given.times ?? Infinity;
  }

  /** True when it spoils this request, which then counts. */
  takes({ method, path }: RestRequest, now: number): boolean {
    if (this.left <= 0 || now >= this.until || !this.path.test(path)) return false;
    if (this.given.method !== undefined && this.given.method !== method) return false;
    this.left -= 1;
    return true;
  }

  /** Answers a request; `asUsual` is what EMQX would do. Undefined means that nothing is sent. */
  async answer(asUsual: () => Promise<RestResponse>): Promise<RestResponse | undefined> {
    const { delaySeconds = 0, silent, status, body, garbage, afterwards } = this.given;
    if (delaySeconds > 0) await new Promise((done) => setTimeout(done, delaySeconds * 1000));
    const replaces = status !== undefined || silent;
    const usual = !replaces || afterwards ? await asUsual() : undefined;
    if (silent) return undefined;
    if (status !== undefined) return instead(status, body);
    return usual && garbage ? spoilt(usual, garbage) : usual;
  }
}

function instead(status: number, body: unknown): RestResponse {
  if (typeof body === "string") return { status, body, contentType: "text/plain" };
  if (body !== undefined) return { status, body };
  switch (status) {
    case 401:
      return failure(401, "BAD_API_KEY_OR_SECRET", "Check api_key/api_secret");
    case 404:
      return failure(404, "NOT_FOUND", "Request Path Not Found");
    case 500: {
      const text = `Unsupported code 'RPC_ERROR', message <<"RPC error on node: {error,timeout}">>, schema def ['BAD_REQUEST','NOT_FOUND']`;
      return { status, body: text, contentType: "text/plain" };
    }
    case 503:
      return failure(503, "RPC_ERROR", "RPC error: {error,timeout}");
    default:
      return { status };
  }
}

function spoilt(answer: RestResponse, garbage: Garbage): RestResponse {
  const json = { ...answer, contentType: "application/json" };
  switch (garbage) {
    case "html":
      return { status: 200, body: HTML, contentType: "text/html" };
    case "cut": {
      const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
      return { ...json, body: text.slice(0, Math.ceil(text.length / 2)) };
    }
    case "types":
      return { ...json, body: JSON.stringify(mistyped(answer.body)) };
    case "null":
      return { ...json, body: "null" };
    case "empty":
      return { ...json, body: "" };
  }
}

/** The same shape with numbers as text, text as lists and lists as objects. */
function mistyped(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return { list: value.map(mistyped) };
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mistyped(each)]));
}
