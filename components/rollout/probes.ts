/** Probes of the EMQX container, by what the release answers without credentials. */
import { releaseOf } from "../release";
import type { Site } from "./types";

type Probe = Record<string, unknown>;
type Scheme = Pick<Site, "dashboardHttps">;

/** Kubernetes takes any certificate in a probe. */
const get = (path: string, { dashboardHttps }: Scheme) => ({
  path,
  port: "dashboard",
  ...(dashboardHttps && { scheme: "HTTPS" }),
});

export function readinessProbe(image: string, site: Scheme): Probe {
  const { evacuation, openAvailabilityCheck } = releaseOf(image);
  if (evacuation && openAvailabilityCheck) {
    // An evacuating node answers 503 and so leaves the Service by itself. It must leave at once,
    // hence one failure; an answer takes milliseconds even on a busy node.
    return {
      httpGet: get("/api/v5/load_rebalance/availability_check", site),
      periodSeconds: 2,
      timeoutSeconds: 5,
      failureThreshold: 1,
    };
  }
  return {
    httpGet: get("/status", site),
    periodSeconds: 2,
    timeoutSeconds: 5,
    failureThreshold: 2,
  };
}

export function livenessProbe(site: Scheme): Probe {
  return {
    httpGet: get("/status", site),
    initialDelaySeconds: 60,
    periodSeconds: 30,
    timeoutSeconds: 5,
    failureThreshold: 3,
  };
}
