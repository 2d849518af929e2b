import type { RestRequest, RestResponse, RestRoute } from "../rest/http";
import { failure, jsonBody, ok } from "../rest/http";
import type { Switches } from "./switches";

/** `/sandbox/faults`: not EMQX's, and open to whoever reaches the loopback interface. */
export function switchRoutes(switches: Switches): RestRoute[] {
  const path = "/sandbox/faults";
  const set = (body: unknown): RestResponse => {
    try {
      switches.set(body);
      return ok(switches.current);
    } catch (error) {
      return failure(400, "BAD_REQUEST", (error as Error).message);
    }
  };
  return [
    { method: "GET", path, auth: false, handle: () => ok(switches.current) },
    { method: "DELETE", path, auth: false, handle: () => set({}) },
    {
      method: "PUT",
      path,
      auth: false,
      handle: (request: RestRequest) => {
        const body = jsonBody(request);
        return "error" in body ? body.error : set(body.value);
      },
    },
  ];
}
