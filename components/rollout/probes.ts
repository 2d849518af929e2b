/** Probes of the EMQX container, by what the release answers without credentials. */
import { releaseOf } from "../release";

type Probe = Record<string, unknown>;

export function readinessProbe(image: string): Probe {
  const { evacuation, openAvailabilityCheck } = releaseOf(image);
  if (evacuation && openAvailabilityCheck) {
    // An evacuating node answers 503 and so leaves the Service by itself. It must leave at once,
    // hence one failure; an answer takes milliseconds even on a busy node.
    return {
      httpGet: { path: "/api/v5/load_rebalance/availability_check", port: "dashboard" },
      periodSeconds: 2,
      timeoutSeconds: 5,
      failureThreshold: 1,
    };
  }
  return {
    httpGet: { path: "/status", port: "dashboard" },
    periodSeconds: 2,
    timeoutSeconds: 5,
    failureThreshold: 2,
  };
}

export function livenessProbe(): Probe {
  return {
    httpGet: { path: "/status", port: "dashboard" },
    initialDelaySeconds: 60,
    periodSeconds: 30,
    timeoutSeconds: 5,
    failureThreshold: 3,
  };
}
