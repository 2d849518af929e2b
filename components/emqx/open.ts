import type { Site } from "../rollout/types";
import type { EmqxClient } from "./api";
import { EmqxHttp, type HttpOptions } from "./http";
import { EmqxClientV4 } from "./v4/client";
import { EmqxClientV5 } from "./v5/client";

/** The client for EMQX's dialect, and the connections below it, which the caller closes. */
export function openEmqx(
  dialect: Site["dialect"],
  options: Omit<HttpOptions, "base">,
): { http: EmqxHttp; emqx: EmqxClient } {
  if (dialect === "v4") {
    const http = new EmqxHttp({ ...options, base: "/api/v4" });
    return { http, emqx: new EmqxClientV4(http) };
  }
  const http = new EmqxHttp({ ...options, base: "/api/v5" });
  return { http, emqx: new EmqxClientV5(http) };
}
