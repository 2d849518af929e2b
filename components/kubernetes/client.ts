import { FIELD_MANAGER } from "../labels";
import type { KubernetesObject } from "../rollout/types";
import { EmqxError } from "../errors";
import { type Call, Caller } from "./caller";
import type { Credentials } from "./config";
import { loadKubeConfig } from "./config";
import { contains } from "./contains";
import { refusedWith } from "./failure";
import type { OnWait } from "./outage";
import type { Kind, Reference } from "./resources";
import { apiVersionOf, describe, groupPathOf, isKind, pathOf, pluralOf } from "./resources";
import { DEFAULT_PATIENCE, type Patience } from "./retry";
import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };

/** Kubernetes as the rollout needs it: few kinds, typed by the caller, every call bounded in time. */
export class KubernetesClient {
  /**
   * Awaited before a write is made again whose first attempt failed: by then somebody else may
   * hold the cluster's lease. Rejects when the write is not ours to make any more.
   */
  guard: () => Promise<void> = () => Promise.resolve();
  private readonly caller: Caller;

  constructor(
    readonly config: KubeConfig,
    patience: Partial<Patience> = {},
  ) {
    this.caller = new Caller(config, { ...DEFAULT_PATIENCE, ...patience });
  }

  static async open(
    credentials: Credentials,
    patience?: Partial<Patience>,
  ): Promise<KubernetesClient> {
    return new KubernetesClient(await loadKubeConfig(credentials), patience);
  }

  get server(): string {
    return this.caller.server;
  }

  /** Told, in one line, about an outage of the API server that is being waited for, and its end. */
  set onWait(tell: OnWait) {
    this.caller.onWait = tell;
  }

  /** The object, or undefined when there is none. */
  async get<T = KubernetesObject>(ref: Reference): Promise<T | undefined> {
    return this.absentAsUndefined(
      this.caller.json<T>({
        method: "GET",
        path: pathOf(ref),
        asked: `get ${describe(ref)}`,
      }),
    );
  }

  /** Whether the API server knows the kind; a custom one only where its definition is installed. */
  async serves(kind: Kind): Promise<boolean> {
    const group = await this.absentAsUndefined(
      this.caller.json<{ resources?: { name: string }[] }>({
        method: "GET",
        path: groupPathOf(kind),
        asked: `discover ${pluralOf(kind)}`,
      }),
    );
    return group?.resources?.some(({ name }) => name === pluralOf(kind)) ?? false;
  }

  /** All objects with these labels, whatever the number of pages. */
  async list<T = KubernetesObject>(
    ref: { kind: Kind; namespace: string },
    selector: {
      labels?: Record<string, string>;
      fields?: string;
      /** Whether an outage is waited for. Default true. */
      patient?: boolean;
    } = {},
  ): Promise<T[]> {
    const items: T[] = [];
    let next: string | undefined;
    do {
      const page: { items?: T[]; metadata?: { continue?: string } } = await this.caller.json({
        method: "GET",
        path: pathOf(ref),
        asked: `list ${describe(ref)}`,
        query: {
          limit: "500",
          ...(selector.labels && { labelSelector: labelSelector(selector.labels) }),
          ...(selector.fields && { fieldSelector: selector.fields }),
          ...(next && { continue: next }),
        },
        patient: selector.patient,
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
    return this.caller.json<T>({
      method: "PATCH",
      path: pathOf(ref),
      asked: `apply ${describe(ref)}`,
      query: { fieldManager, force: "true" },
      body: object,
      contentType: "application/apply-patch+yaml",
      beforeAgain: this.beforeAgain,
    });
  }

  async mergePatch<T = KubernetesObject>(ref: Reference, patch: unknown): Promise<T> {
    return this.caller.json<T>({
      method: "PATCH",
      path: pathOf(ref),
      asked: `patch ${describe(ref)}`,
      query: { fieldManager: FIELD_MANAGER },
      body: patch,
      contentType: "application/merge-patch+json",
      beforeAgain: this.beforeAgain,
    });
  }

  /** Fails with 409 when it exists, unless it was us who created it and the answer was lost. */
  async create<T = KubernetesObject>(
    object: KubernetesObject,
    /** Only asks whether the API server would do it. */
    { dryRun = false } = {},
  ): Promise<T> {
    const ref = referenceTo(object);
    const { kind, namespace } = ref;
    const asked = `create ${describe(ref)}`;
    const query = dryRun ? { dryRun: "All" } : undefined;
    return this.once<T>(
      { method: "POST", path: pathOf({ kind, namespace }), asked, query },
      object,
    );
  }

  /** Fails with 409 when it changed since its resourceVersion, unless that was us, unanswered. */
  async replace<T = KubernetesObject>(object: KubernetesObject): Promise<T> {
    const ref = referenceTo(object);
    return this.once<T>(
      { method: "PUT", path: pathOf(ref), asked: `update ${describe(ref)}` },
      object,
    );
  }

  /** Deletes in the background; an object that is gone already is fine. */
  async delete(ref: Reference & { name: string }): Promise<void> {
    await this.absentAsUndefined(
      this.caller.text({
        method: "DELETE",
        path: pathOf(ref),
        asked: `delete ${describe(ref)}`,
        query: { propagationPolicy: "Background" },
        beforeAgain: this.beforeAgain,
      }),
    );
  }

  /** The last lines of a container's log; empty when there is none (yet). */
  async logs(
    pod: { namespace: string; name: string },
    options: { container: string; lines: number; previous?: boolean },
  ): Promise<string[]> {
    const ref: Reference = { kind: "Pod", ...pod };
    const text = await this.caller.text({
      method: "GET",
      path: `${pathOf(ref)}/log`,
      asked: `get the log of ${describe(ref)}`,
      query: {
        container: options.container,
        tailLines: String(options.lines),
        ...(options.previous && { previous: "true" }),
      },
      // A container that has not run answers 400, a sick kubelet 500: neither is worth waiting for.
      patient: false,
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
    const answer = await this.caller.json<{ status?: { allowed?: boolean } }>({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      asked: `review the right to ${review.verb} ${review.resource}`,
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: review },
      },
    });
    return answer.status?.allowed === true;
  }

  async close(): Promise<void> {
    await this.caller.close();
  }

  private async absentAsUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (refusedWith(error, 404)) return undefined;
      throw error;
    }
  }

  /**
   * Makes a write that must happen once, by its name or its version. When a later attempt finds it
   * done (409), the object tells whether it was an earlier one, whose answer was lost.
   */
  private async once<T>(call: Call, object: KubernetesObject): Promise<T> {
    let repeated = false;
    const query = { ...call.query, fieldManager: FIELD_MANAGER };
    const beforeAgain = async () => void (repeated = true);
    try {
      return await this.caller.json<T>({ ...call, query, body: object, beforeAgain });
    } catch (error) {
      if (!repeated || !refusedWith(error, 409)) throw error;
      const found = await this.get<T>(referenceTo(object));
      const metadata = { ...object.metadata, resourceVersion: undefined };
      if (found && contains(found, { ...object, metadata })) return found;
      throw error;
    }
  }

  /** Before a write that failed is made again: is it still ours to make? */
  private readonly beforeAgain = async (): Promise<void> => this.guard();
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
