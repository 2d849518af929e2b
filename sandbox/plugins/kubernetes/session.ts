import type { JsonObject } from "../rpc/json";
import type { EngineLog } from "../rpc/engine-log";
import { ApiClient, UnreachableError } from "./api-client";
import { Cluster } from "./cluster";
import { connection, type Connection } from "./kubeconfig";
import { isClusterScoped, type Kind } from "./kinds";
import type { Settings } from "./settings";
import { DEFAULT_TIMEOUT, type Patience } from "./wait";

/** One configured provider: its settings, its cluster and the way to talk to the engine. */
export class Session {
  private opened: { cluster: Cluster; connection: Connection } | undefined;

  constructor(
    readonly settings: Settings,
    readonly log: EngineLog,
    private readonly signal: AbortSignal,
  ) {}

  /** Works with the cluster; a kubeconfig or server that fails does so here, not in Configure. */
  async use<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
    try {
      return await work(this.open().cluster);
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      throw new Error(`configured Kubernetes cluster is unreachable: ${error.message}`, {
        cause: error,
      });
    }
  }

  /** Where objects of a kind go that name no namespace; `undefined` if they live outside. */
  async defaultNamespace(kind: Kind): Promise<string | undefined> {
    if (isClusterScoped(kind)) return undefined;
    try {
      if (!(await this.open().cluster.isNamespaced(kind))) return undefined;
    } catch {
      // A kind or a cluster that is not there yet: taken as namespaced.
    }
    return this.settings.namespace ?? this.contextNamespace() ?? "default";
  }

  /** How long to wait: the resource's `customTimeouts` in s, 0 for the default. */
  patience(timeout: number): Patience {
    return { timeout: timeout > 0 ? timeout : DEFAULT_TIMEOUT, signal: this.signal };
  }

  /** Shows a line at a resource while it lasts, once in a row. */
  statusOf(urn: string): (line: string) => void {
    let last: string | undefined;
    return (line) => {
      if (line !== last) this.log("status", urn, line);
      last = line;
    };
  }

  close(): void {
    this.opened?.cluster.close();
  }

  private contextNamespace(): string | undefined {
    try {
      return this.open().connection.namespace;
    } catch {
      return undefined;
    }
  }

  private open(): { cluster: Cluster; connection: Connection } {
    if (this.opened !== undefined) return this.opened;
    let target: Connection;
    try {
      target = connection(this.settings.kubeconfig, this.settings);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UnreachableError(`unable to load Kubernetes client configuration: ${reason}`);
    }
    this.opened = { cluster: new Cluster(new ApiClient(target)), connection: target };
    return this.opened;
  }
}

/** What Create, Update and Read answer. */
export interface Outcome {
  id: string;
  properties: JsonObject;
}
