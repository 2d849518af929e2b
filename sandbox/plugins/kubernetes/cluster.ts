import { listAt, textAt, type JsonObject } from "../rpc/json";
import type { ApiClient } from "./api-client";
import { ApiError, type Body } from "./api-client";
import type { Kind } from "./kinds";

/** The API server has no such kind. */
export class NoMatchError extends Error {}

interface ApiResource {
  plural: string;
  namespaced: boolean;
}

/** Objects of one cluster; where a kind lives is learnt from the API server and remembered. */
export class Cluster {
  private readonly discovered = new Map<string, Promise<Map<string, ApiResource>>>();

  constructor(private readonly client: ApiClient) {}

  /** Whether objects of the kind live in namespaces; throws `NoMatchError`. */
  async isNamespaced(kind: Kind): Promise<boolean> {
    return (await this.resource(kind)).namespaced;
  }

  async get(kind: Kind, namespace: string, name: string): Promise<JsonObject> {
    return this.client.send("GET", await this.path(kind, namespace, name));
  }

  async post(object: JsonObject, query: Record<string, string>): Promise<JsonObject> {
    const path = await this.path(kindIn(object), textAt(object, "metadata", "namespace") ?? "");
    return this.client.send("POST", path, query, {
      contentType: "application/json",
      value: object,
    });
  }

  async patch(object: JsonObject, query: Record<string, string>, body: Body): Promise<JsonObject> {
    const path = await this.path(
      kindIn(object),
      textAt(object, "metadata", "namespace") ?? "",
      textAt(object, "metadata", "name"),
    );
    return this.client.send("PATCH", path, query, body);
  }

  async remove(kind: Kind, namespace: string, name: string): Promise<void> {
    await this.client.send(
      "DELETE",
      await this.path(kind, namespace, name),
      {},
      {
        contentType: "application/json",
        value: { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Foreground" },
      },
    );
  }

  close(): void {
    this.client.close();
  }

  private async path(kind: Kind, namespace: string, name?: string): Promise<string> {
    const { plural, namespaced } = await this.resource(kind);
    const scope = namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : "";
    const tail = name === undefined ? "" : `/${encodeURIComponent(name)}`;
    return `${root(kind.apiVersion)}${scope}/${plural}${tail}`;
  }

  private async resource(kind: Kind): Promise<ApiResource> {
    const found = (await this.resources(kind.apiVersion)).get(kind.kind);
    if (found !== undefined) return found;
    // A CustomResourceDefinition may arrive at any time, so a miss is not remembered.
    this.discovered.delete(kind.apiVersion);
    throw new NoMatchError(`no matches for kind "${kind.kind}" in version "${kind.apiVersion}"`);
  }

  private resources(apiVersion: string): Promise<Map<string, ApiResource>> {
    let pending = this.discovered.get(apiVersion);
    if (pending === undefined) {
      pending = this.discover(apiVersion);
      this.discovered.set(apiVersion, pending);
      pending.catch(() => this.discovered.delete(apiVersion));
    }
    return pending;
  }

  private async discover(apiVersion: string): Promise<Map<string, ApiResource>> {
    const kinds = new Map<string, ApiResource>();
    try {
      for (const item of listAt(await this.client.send("GET", root(apiVersion)), "resources")) {
        const plural = textAt(item, "name") ?? "";
        if (plural.includes("/")) continue;
        const namespaced = (item as JsonObject)["namespaced"] === true;
        kinds.set(textAt(item, "kind") ?? "", { plural, namespaced });
      }
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
    return kinds;
  }
}

function kindIn(object: JsonObject): Kind {
  return { apiVersion: textAt(object, "apiVersion") ?? "", kind: textAt(object, "kind") ?? "" };
}

function root(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
