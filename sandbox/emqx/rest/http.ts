import type { IncomingHttpHeaders } from "node:http";

/** A request as a handler sees it. */
export interface RestRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Decoded path parameters in order. */
  params: string[];
  headers: IncomingHttpHeaders;
  /** Raw body. */
  text: string;
}

/** An answer; an object body is sent as JSON. */
export interface RestResponse {
  status: number;
  body?: unknown;
  contentType?: string;
  headers?: Record<string, string>;
}

/** One operation of the API. */
export interface RestRoute {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** `{}` stands for one path parameter. */
  path: string;
  /** False for operations that anybody may call. */
  auth?: false;
  /** True for operations whose body EMQX checks against a schema. */
  schema?: true;
  /** False for paths that API keys may not use. */
  apiKeys?: false;
  handle(request: RestRequest): RestResponse | Promise<RestResponse>;
}

export function ok(body: unknown): RestResponse {
  return { status: 200, body };
}

/** EMQX's error body. */
export function failure(status: number, code: string, message: string): RestResponse {
  return { status, body: { code, message } };
}

/** A name as Erlang prints an atom. */
export function atom(name: string): string {
  return /^[a-z][A-Za-z0-9_@]*$/.test(name) ? name : `'${name}'`;
}

/** The body as JSON: an error answer, or a value; an empty body is `{}`. */
export function jsonBody(request: RestRequest): { error: RestResponse } | { value: unknown } {
  if (request.text.trim() === "") return { value: {} };
  try {
    return { value: JSON.parse(request.text) as unknown };
  } catch {
    return { error: failure(400, "BAD_REQUEST", "Invalid json message received") };
  }
}

/** True when the request says that its body is JSON. */
export function saysJson(request: RestRequest): boolean {
  return /^application\/json\b/i.test(request.headers["content-type"] ?? "");
}

/** The answer to a path that doesn't exist, in the form that the client accepts. */
export function notFoundPage(accept: string | undefined): RestResponse {
  if (accept?.includes("application/json")) {
    const body = '{"code": "NOT_FOUND", "message": "Request Path Not Found"}';
    return { status: 404, body, contentType: "application/json" };
  }
  if (accept?.includes("text/plain")) {
    return { status: 404, body: "404 - NOT FOUND", contentType: "text/plain" };
  }
  const page =
    "<html><head><title>404 - NOT FOUND</title></head><body><h1>404 - NOT FOUND</h1></body></html>";
  return { status: 404, body: page, contentType: "text/html" };
}
