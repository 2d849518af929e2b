import { EmqxError } from "../errors";

/** An answer of the API server that is not a success. */
export interface Refusal {
  status: number;
  /** `reason` of the Status object. */
  reason?: string;
  message?: string;
}

export function parseRefusal(status: number, text: string): Refusal {
  try {
    const body = JSON.parse(text) as { reason?: unknown; message?: unknown };
    return {
      status,
      reason: typeof body.reason === "string" ? body.reason : undefined,
      message: typeof body.message === "string" ? body.message : undefined,
    };
  } catch {
    return { status, message: text.slice(0, 200).trim() || undefined };
  }
}

/** An answer that may be another one soon. */
export const isTransient = (status: number): boolean => status === 429 || status >= 500;

/** A refusal as users read it; `asked` is such as `patch statefulsets/emqx-core-1 in namespace default`. */
export function refusalError(server: string, asked: string, refusal: Refusal): EmqxError {
  const { status, reason, message } = refusal;
  const answer = `${status}${reason ? ` ${reason}` : ""}${message ? `: ${message}` : ""}`;
  if (status === 401) {
    return new EmqxError(
      "EMQX_KUBERNETES_DENIED",
      `Kubernetes at ${server} does not accept the credentials (asked to ${asked}, got ${answer}). ` +
        "Renew the login of the kubeconfig's user, or name another context.",
    );
  }
  if (status === 403) {
    return new EmqxError(
      "EMQX_KUBERNETES_DENIED",
      `Kubernetes denied: ${asked} (${answer}). Grant the kubeconfig's user that right with a Role; ` +
        `\`kubectl auth can-i --list\` shows what it has.`,
    );
  }
  if (isTransient(status)) {
    return new EmqxError(
      "EMQX_KUBERNETES_UNREACHABLE",
      `Kubernetes at ${server} could not ${asked}: ${answer}, also when asked again. ` +
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

export function unreachableError(server: string, asked: string, cause: unknown): EmqxError {
  return new EmqxError(
    "EMQX_KUBERNETES_UNREACHABLE",
    `Could not reach Kubernetes at ${server} to ${asked}: ${reasonOf(cause)}. ` +
      "Check the kubeconfig's server and the network; then run `pulumi up` again, it goes on from here.",
    { cause },
  );
}

/** One line about a connection failure; an AggregateError (several addresses tried) has no message of its own. */
export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as NodeJS.ErrnoException).code;
  return cause.message.split("\n")[0] || code || cause.name;
}
