import { sameJson, textAt, type JsonObject } from "../rpc/json";
import { hasUnknowns, reveal } from "../rpc/properties";
import { activeCluster, kubeconfigText } from "./kubeconfig";

/** How a provider's arguments differ. */
export interface ConfigDifference {
  diffs: string[];
  /** Set if another cluster is meant: everything in it is another object then. */
  replaces: string[];
}

/** Compares a provider's arguments; a new token or namespace updates it, a new server replaces it. */
export function diffConfig(oldArgs: JsonObject, newArgs: JsonObject): ConfigDifference {
  const olds = reveal(oldArgs);
  const news = reveal(newArgs);
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])];
  const diffs = keys.filter((key) => !sameJson(olds[key], news[key]));
  const replaces: string[] = diffs.filter((key) => key === "renderYamlToDirectory");
  const selecting = diffs.filter((key) => ["kubeconfig", "context", "cluster"].includes(key));
  if (olds["clusterIdentifier"] !== undefined || news["clusterIdentifier"] !== undefined) {
    replaces.push(...diffs.filter((key) => key === "clusterIdentifier"));
  } else if (selecting.some((key) => hasUnknowns(news[key])) || !sameCluster(olds, news)) {
    replaces.push(...selecting);
  }
  return { diffs, replaces };
}

function sameCluster(olds: JsonObject, news: JsonObject): boolean {
  try {
    return sameJson(clusterOf(olds), clusterOf(news));
  } catch {
    // A kubeconfig that cannot be read says nothing about another cluster.
    return true;
  }
}

function clusterOf(args: JsonObject): JsonObject {
  return activeCluster(kubeconfigText(textAt(args, "kubeconfig")).text, {
    context: textAt(args, "context"),
    cluster: textAt(args, "cluster"),
  });
}
