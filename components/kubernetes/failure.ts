import { EmqxError } from "../errors";
import { redact } from "../rollout/redact";

/** Characters of a foreign reason that are looked at. */
const MAX_REASON = 2_000;

/** An answer of the API server that is not a success. */
export interface Refusal {
  status: number;
  /** `reason` of the Status object. */
  reason?: string;
  message?: string;
  /** The namespace is being deleted, so nothing can be created in it. */
  namespaceEnds?: boolean;
}

export function parseRefusal(status: number, text: string): Refusal {
  try {
    const body = JSON.parse(text) as {
      reason?: unknown;
      message?: unknown;
      details?: { causes?: { reason?: unknown }[] } | null;
    };
    const causes = body.details?.causes ?? [];
    return {
      status,
      namespaceEnds: causes.some(({ reason }) => reason === "NamespaceTerminating"),
      reason: typeof body.reason === "string" ? body.reason : undefined,
      message: typeof body.message === "string" ? body.message : undefined,
    };
  } catch {
    return { status, message: text.slice(0, 200).trim() || undefined };
  }
}

/** An answer that may be another one soon. */
export const isTransient = (status: number): boolean => status === 429 || status >= 500;

/** Quotas and admission answer 403 like a missing right does, and no Role cures them. */
const RULES_OF_THE_CLUSTER =
  /exceeded quota|forbidden: maximum|denied (the )?request|violates PodSecurity/;

/**
 * A refusal as users read it; `asked` is such as `patch statefulsets/emqx-core-1 in namespace default`,
 * `seconds` for how long a transient one has been met with patience.
 */
export function refusalError(
  server: string,
  asked: string,
  refusal: Refusal,
  seconds = 0,
): EmqxError {
  const { status, reason, message, namespaceEnds } = refusal;
  const answer = `${status}${reason ? ` ${reason}` : ""}${message ? `: ${message}` : ""}`;
  if (status === 401) {
    return new EmqxError(
      "EMQX_KUBERNETES_DENIED",
      `Kubernetes at ${server} does not accept the credentials (asked to ${asked}, got ${answer}). ` +
        "Renew the login of the kubeconfig's user, or name another context.",
    );
  }
  if (namespaceEnds) {
    return new KubernetesRefusal(
      `Kubernetes refused to ${asked}: the namespace is being deleted, and everything in it with it. ` +
        "Nothing can be saved of this cluster; when the namespace is gone, create it again and run " +
        "`pulumi up --refresh`.",
      status,
    );
  }
  if (status === 403 && RULES_OF_THE_CLUSTER.test(message ?? "")) {
    return new KubernetesRefusal(
      `Kubernetes refused to ${asked}: ${answer}. A quota or an admission rule of the cluster says so; ` +
        "change it or the program, then run `pulumi up` again, it goes on from here.",
      status,
    );
  }
  if (status === 403) {
    return new EmqxError(
      "EMQX_KUBERNETES_DENIED",
      `Kubernetes denied: ${asked} (${answer}). Grant the kubeconfig's user that right with a Role; ` +
        "`kubectl auth can-i --list` shows what it has. If the namespace is being deleted, its Roles went with it.",
    );
  }
  if (isTransient(status)) {
    return new EmqxError(
      "EMQX_KUBERNETES_UNREACHABLE",
      `Kubernetes at ${server} could not ${asked}: ${answer}${patiently(seconds)}. ` +
        "Nothing else was changed; run `pulumi up` again when the API server is well, it goes on from here.",
    );
  }
  return new KubernetesRefusal(`Kubernetes refused to ${asked}: ${answer}`, status);
}

/** Any other refusal, with the HTTP status for callers that know what to do about a 404 or 409. */
export class KubernetesRefusal extends EmqxError {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super("EMQX_KUBERNETES_ERROR", message);
  }
}

/** EmqxError's `instanceof` is about any EmqxError, so refusals are told by their status. */
export const refusedWith = (error: unknown, status: number): boolean =>
  error instanceof EmqxError &&
  error.code === "EMQX_KUBERNETES_ERROR" &&
  (error as Partial<KubernetesRefusal>).status === status;

/** The kubeconfig's user could not be logged in: an exec plugin failed, or a file is missing. */
export class LoginError extends Error {
  /** `passing`: it may succeed when it is tried again. */
  constructor(
    cause: unknown,
    readonly passing: boolean,
  ) {
    super(`login failed: ${reasonOf(cause)}`, { cause });
  }
}

/** `seconds`: for how long it has been tried. */
export function unreachableError(
  server: string,
  asked: string,
  cause: unknown,
  seconds = 0,
): EmqxError {
  const suspect =
    cause instanceof LoginError
      ? "the login of the kubeconfig's user, and its credential plugin"
      : "the kubeconfig's server and the network";
  return new EmqxError(
    "EMQX_KUBERNETES_UNREACHABLE",
    `Could not reach Kubernetes at ${server} to ${asked}: ${reasonOf(cause)}${patiently(seconds)}. ` +
      `Check ${suspect}; then run \`pulumi up\` again, it goes on from here.`,
    { cause },
  );
}

const patiently = (seconds: number): string =>
  seconds > 0 ? `, also when asked again for ${seconds} s` : "";

/** One line about a connection failure, without what looks like a secret; an AggregateError (several addresses tried) has no message of its own. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return redact(String(cause).slice(0, MAX_REASON));
  const code = (cause as NodeJS.ErrnoException).code;
  return (
    redact((cause.message.trim().split("\n")[0] ?? "").slice(0, MAX_REASON)) || code || cause.name
  );
}
