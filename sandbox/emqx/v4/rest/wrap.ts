import type { RestResponse } from "../../rest/http";

/** 4.4's success: whatever is answered comes as `data`, beside a code of 0. */
export function wrapped(data: unknown, more: Record<string, unknown> = {}): RestResponse {
  return { status: 200, body: { code: 0, data, ...more } };
}
