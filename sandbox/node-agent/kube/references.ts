import type { KubeClient } from "./client";
import { isNotFound } from "./client";
import type { ConfigMap, Secret } from "./types";

/** The Secrets and ConfigMaps that a container names; undefined when they do not exist. */
export interface References {
  secret(name: string): Promise<Secret | undefined>;
  configMap(name: string): Promise<ConfigMap | undefined>;
}

/** Reads each object once, from the API server: for one start of one container. */
export function readReferences(client: KubeClient, namespace: string): References {
  const cache = new Map<string, Promise<unknown>>();
  const read = <T>(kind: string, name: string): Promise<T | undefined> => {
    const path = `/api/v1/namespaces/${namespace}/${kind}/${name}`;
    const known = cache.get(path);
    if (known) return known as Promise<T | undefined>;
    const answer = client.get<T>(path).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    cache.set(path, answer);
    return answer;
  };
  return {
    secret: (name) => read<Secret>("secrets", name),
    configMap: (name) => read<ConfigMap>("configmaps", name),
  };
}
