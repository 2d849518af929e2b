import { request } from "undici";
import { FIELD_MANAGER } from "../labels";
import type { KubernetesObject } from "../rollout/types";
import { EmqxError } from "../errors";
import type { Credentials } from "./config";
import { loadKubeConfig } from "./config";
import { isTransient, parseRefusal, refusalError, refusedWith, unreachableError } from "./failure";
import type { Kind, Reference } from "./resources";
import { apiVersionOf, describe, groupPathOf, isKind, pathOf, pluralOf } from "./resources";
import type { Attempt, Patience } from "./retry";
import { DEFAULT_PATIENCE, retry } from "./retry";
import { Transport } from "./transport";
import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };

/** Milliseconds that one attempt of a call may take. */
const CALL_TIMEOUT = 10_000;

interface Call {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** What is asked, for messages: `get pods in namespace x`. */
  asked: string;
  query?: Record<string, string>;
  body?: unknown;
  contentType?: string;
  /** Repeating the call does no harm, so connection errors and 429/5xx are retried. */
  idempotent: boolean;
}

/** Kubernetes as the rollout needs it: few kinds, typed by the caller, every call bounded in time. */
export class KubernetesClient {
  private readonly transport: Transport;

  constructor(
    readonly config: KubeConfig,
    private readonly patience: Patience = DEFAULT_PATIENCE,
  ) {
    this.transport = new Transport(config);
  }

  static async open(credentials: Credentials, patience?: Patience): Promise<KubernetesClient> {
    return new KubernetesClient(await loadKubeConfig(credentials), patience);
  }

  get server(): string {
    return this.transport.server;
  }

  /** The object, or undefined when there is none. */
  async get<T = KubernetesObject>(ref: Reference): Promise<T | undefined> {
    return this.absentAsUndefined(
      this.json<T>({
        method: "GET",
        path: pathOf(ref),
        asked: `get ${describe(ref)}`,
        idempotent: true,
      }),
    );
  }

  /** Whether the API server knows the kind; a custom one only where its definition is installed. */
  async serves(kind: Kind): Promise<boolean> {
    const group = await this.absentAsUndefined(
      this.json<{ resources?: { name: string }[] }>({
        method: "GET",
        path: groupPathOf(kind),
        asked: `discover ${pluralOf(kind)}`,
        idempotent: true,
      }),
    );
    return group?.resources?.some(({ name }) => name === pluralOf(kind)) ?? false;
  }

  /** All objects with these labels, whatever the number of pages. */
  async list<T = KubernetesObject>(
    ref: { kind: Kind; namespace: string },
    selector: { labels?: Record<string, string>; fields?: string } = {},
  ): Promise<T[]> {
    const items: T[] = [];
    let next: string | undefined;
    do {
      const page: { items?: T[]; metadata?: { continue?: string } } = await this.json({
        method: "GET",
        path: pathOf(ref),
        asked: `list ${describe(ref)}`,
        query: {
          limit: "500",
          ...(selector.labels && { labelSelector: labelSelector(selector.labels) }),
          ...(selector.fields && { fieldSelector: selector.fields }),
          ...(next && { continue: next }),
        },
        idempotent: true,
      });
      items.push(...(page.items ?? []));
      next = page.metadata?.continue || undefined;
    } while (next);
    return items;
  }

  /** Server-side apply under our field manager; conflicts are won. */
  async apply<T = KubernetesObject>(
    object: KubernetesObject,
    fieldManager: string = FIELD_MANAGER,
  ): Promise<T> {
    const ref = referenceTo(object);
    return this.json<T>({
      method: "PATCH",
      path: pathOf(ref),
      asked: `apply ${describe(ref)}`,
      query: { fieldManager, force: "true" },
      body: object,
      contentType: "application/apply-patch+yaml",
      idempotent: true,
    });
  }

  async mergePatch<T = KubernetesObject>(ref: Reference, patch: unknown): Promise<T> {
    return this.json<T>({
      method: "PATCH",
      path: pathOf(ref),
      asked: `patch ${describe(ref)}`,
      query: { fieldManager: FIELD_MANAGER },
      body: patch,
      contentType: "application/merge-patch+json",
      idempotent: true,
    });
  }

  /** Fails with 409 when it exists; not repeated, since a lost answer could have created it. */
  async create<T = KubernetesObject>(object: KubernetesObject): Promise<T> {
    const { kind, namespace } = referenceTo(object);
    return this.json<T>({
      method: "POST",
      path: pathOf({ kind, namespace }),
      asked: `create ${describe(referenceTo(object))}`,
      query: { fieldManager: FIELD_MANAGER },
      body: object,
      idempotent: false,
    });
  }

  /** Fails with 409 when the object changed since its resourceVersion; not repeated. */
  async replace<T = KubernetesObject>(object: KubernetesObject): Promise<T> {
    const ref = referenceTo(object);
    return this.json<T>({
      method: "PUT",
      path: pathOf(ref),
      asked: `update ${describe(ref)}`,
      query: { fieldManager: FIELD_MANAGER },
      body: object,
      idempotent: false,
    });
  }

  /** Deletes in the background; an object that is gone already is fine. */
  async delete(ref: Reference & { name: string }): Promise<void> {
    await this.absentAsUndefined(
      this.text({
        method: "DELETE",
        path: pathOf(ref),
        asked: `delete ${describe(ref)}`,
        query: { propagationPolicy: "Background" },
        idempotent: true,
      }),
    );
  }

  /** The last lines of a container's log; empty when there is none (yet). */
  async logs(
    pod: { namespace: string; name: string },
    options: { container: string; lines: number; previous?: boolean },
  ): Promise<string[]> {
    const ref: Reference = { kind: "Pod", ...pod };
    const text = await this.text({
      method: "GET",
      path: `${pathOf(ref)}/log`,
      asked: `get the log of ${describe(ref)}`,
      query: {
        container: options.container,
        tailLines: String(options.lines),
        ...(options.previous && { previous: "true" }),
      },
      // A container that has not run answers 400, a sick kubelet 500: neither is worth waiting for.
      idempotent: false,
    });
    return text.split("\n").filter((line) => line.trim() !== "");
  }

  /** Whether the kubeconfig's user may do this. */
  async allows(review: {
    verb: string;
    group: string;
    resource: string;
    subresource?: string;
    namespace: string;
  }): Promise<boolean> {
    const answer = await this.json<{ status?: { allowed?: boolean } }>({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      asked: `review the right to ${review.verb} ${review.resource}`,
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: review },
      },
      idempotent: true,
    });
    return answer.status?.allowed === true;
  }

  async close(): Promise<void> {
    await this.transport.close();
  }

  private async absentAsUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (refusedWith(error, 404)) return undefined;
      throw error;
    }
  }

  private async json<T>(call: Call): Promise<T> {
    const text = await this.text(call);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new EmqxError(
        "EMQX_KUBERNETES_ERROR",
        `Expected JSON from ${this.server} for "${call.asked}", got ${JSON.stringify(text.slice(0, 80))}. ` +
          "Is the kubeconfig's server really a Kubernetes API server?",
        { cause },
      );
    }
  }

  private async text(call: Call): Promise<string> {
    return retry(this.patience, () => this.attempt(call));
  }

  private async attempt(call: Call): Promise<Attempt<string>> {
    const { dispatcher, headers } = await this.transport.channel();
    const query = call.query ? `?${new URLSearchParams(call.query).toString()}` : "";
    let status: number;
    let text: string;
    let after: unknown;
    try {
      const response = await request(`${this.server}${call.path}${query}`, {
        method: call.method,
        dispatcher,
        headers: {
          ...headers,
          accept: "application/json, */*",
          ...(call.body !== undefined && {
            "content-type": call.contentType ?? "application/json",
          }),
        },
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        signal: AbortSignal.timeout(CALL_TIMEOUT),
      });
      status = response.statusCode;
      after = response.headers["retry-after"];
      text = await response.body.text();
    } catch (cause) {
      const error = unreachableError(this.server, call.asked, cause);
      if (!call.idempotent) throw error;
      return { again: () => error };
    }
    if (status < 300) return { value: text };
    const error = refusalError(this.server, call.asked, parseRefusal(status, text));
    if (!isTransient(status) || !call.idempotent) throw error;
    const seconds = Number(after);
    return { again: () => error, afterMs: seconds > 0 ? Math.min(seconds, 5) * 1000 : undefined };
  }
}

const labelSelector = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

function referenceTo(object: KubernetesObject): Required<Reference> {
  const { kind, apiVersion, metadata } = object;
  if (!isKind(kind) || apiVersionOf(kind) !== apiVersion || !metadata.namespace) {
    throw new EmqxError(
      "EMQX_INTERNAL",
      `Expected a namespaced object of a known kind, got ${apiVersion} ${kind} ${metadata.name}.`,
    );
  }
  return { kind, namespace: metadata.namespace, name: metadata.name };
}
