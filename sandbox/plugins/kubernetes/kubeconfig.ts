import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { load } from "js-yaml";
import { isObject, listAt, objectAt, textAt, type Json, type JsonObject } from "../rpc/json";

/** Which entry of a kubeconfig to use; the file's own choice by default. */
export interface Selection {
  context?: string;
  cluster?: string;
}

/** How to reach the API server, and who we are there. */
export interface Connection {
  server: string;
  namespace?: string;
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
  token?: string;
  insecure: boolean;
  serverName?: string;
}

/**
 * The text of a kubeconfig: the argument itself (YAML, JSON or a path), else the files of
 * `KUBECONFIG`, else `~/.kube/config`. Only the first existing file counts.
 */
export function kubeconfigText(argument: string | undefined): { text: string; base: string } {
  if (argument !== undefined && argument !== "") {
    if (/[\n{]/.test(argument)) return { text: argument, base: process.cwd() };
    return fromFile(argument.replace(/^~(?=\/)/, homedir()));
  }
  const files = (process.env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  const [first] = files.length > 0 ? files : [join(homedir(), ".kube", "config")];
  return fromFile(first ?? "");
}

/** The cluster entry that a kubeconfig makes active, e.g. to see whether it changed. */
export function activeCluster(text: string, selection: Selection): JsonObject {
  return entry(parse(text), "clusters", clusterName(parse(text), selection), "cluster");
}

/** Resolves a kubeconfig to one connection. */
export function connection(argument: string | undefined, selection: Selection): Connection {
  const { text, base } = kubeconfigText(argument);
  const config = parse(text);
  const context = entry(config, "contexts", contextName(config, selection), "context");
  const cluster = entry(config, "clusters", clusterName(config, selection), "cluster");
  const user = entry(config, "users", textAt(context, "user"), "user");
  const server = textAt(cluster, "server");
  if (server === undefined) {
    throw new Error(
      "the kubeconfig names no API server: no context is active or its cluster is missing",
    );
  }
  if (user["exec"] !== undefined || user["auth-provider"] !== undefined) {
    throw new Error(
      "the sandbox's kubernetes plugin stand-in knows tokens and client certificates only",
    );
  }
  const material = (source: JsonObject, name: string): Buffer | undefined => {
    const data = textAt(source, `${name}-data`);
    if (data !== undefined) return Buffer.from(data, "base64");
    const file = textAt(source, name);
    return file === undefined ? undefined : readFileSync(resolve(base, file));
  };
  const tokenFile = textAt(user, "tokenFile");
  return {
    server,
    namespace: textAt(context, "namespace"),
    ca: material(cluster, "certificate-authority"),
    cert: material(user, "client-certificate"),
    key: material(user, "client-key"),
    token:
      textAt(user, "token") ??
      (tokenFile === undefined ? undefined : readFileSync(resolve(base, tokenFile), "utf8").trim()),
    insecure: cluster["insecure-skip-tls-verify"] === true,
    serverName: textAt(cluster, "tls-server-name"),
  };
}

function fromFile(path: string): { text: string; base: string } {
  return { text: readFileSync(path, "utf8"), base: dirname(resolve(path)) };
}

function parse(text: string): JsonObject {
  const parsed = load(text) as Json;
  return isObject(parsed) ? parsed : {};
}

function contextName(config: JsonObject, selection: Selection): string | undefined {
  return selection.context ?? textAt(config, "current-context");
}

function clusterName(config: JsonObject, selection: Selection): string | undefined {
  const context = entry(config, "contexts", contextName(config, selection), "context");
  return selection.cluster ?? textAt(context, "cluster");
}

function entry(
  config: JsonObject,
  list: string,
  name: string | undefined,
  field: string,
): JsonObject {
  return objectAt(
    listAt(config, list).find((item) => textAt(item, "name") === name),
    field,
  );
}
