import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerSpec } from "../../../../sandbox/node-agent/kube/types";
import { ConfigError, resolveEnv } from "../../../../sandbox/node-agent/pod/env";
import { makePod, makeReferences } from "../fixtures/objects";

const references = makeReferences(
  { cookie: { node_cookie: "s3cret", other: "o" } },
  { settings: { LEVEL: "info" } },
);

async function resolve(container: Partial<ContainerSpec>): Promise<Record<string, string>> {
  const pod = makePod(container);
  const [spec] = pod.spec.containers;
  assert.ok(spec);
  const values = await resolveEnv({ pod, container: spec, podIP: "10.88.1.2", references });
  return Object.fromEntries(values);
}

const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });

test("fields of the pod become values", async () => {
  const env = await resolve({
    env: [
      { name: "NAME", ...field("metadata.name") },
      { name: "NAMESPACE", ...field("metadata.namespace") },
      { name: "UID", ...field("metadata.uid") },
      { name: "REVISION", ...field("metadata.labels['emqx.io/revision']") },
      { name: "NOTE", ...field("metadata.annotations['note']") },
      { name: "IP", ...field("status.podIP") },
      { name: "NODE", ...field("spec.nodeName") },
    ],
  });
  assert.deepEqual(env, {
    NAME: "emqx-core-abc-0",
    NAMESPACE: "mqtt",
    UID: "0e8a",
    REVISION: "abc",
    NOTE: 'say "hi"',
    IP: "10.88.1.2",
    NODE: "sandbox-node",
  });
});

test("references see the variables before them, those of envFrom included", async () => {
  const env = await resolve({
    envFrom: [
      { configMapRef: { name: "settings" } },
      { prefix: "S_", secretRef: { name: "cookie" } },
    ],
    env: [
      { name: "LATE", value: "$(HOST)" },
      { name: "HOST", value: "$(POD).$(LEVEL)" },
      { name: "POD", value: "p" },
      { name: "AGAIN", value: "$(POD)-$(S_other)" },
    ],
  });
  assert.deepEqual(env, {
    LEVEL: "info",
    S_node_cookie: "s3cret",
    S_other: "o",
    LATE: "$(HOST)",
    HOST: "$(POD).info",
    POD: "p",
    AGAIN: "p-o",
  });
});

test("values come from Secrets and ConfigMaps, and env wins over envFrom", async () => {
  const env = await resolve({
    envFrom: [{ configMapRef: { name: "settings" } }],
    env: [
      { name: "COOKIE", valueFrom: { secretKeyRef: { name: "cookie", key: "node_cookie" } } },
      { name: "LEVEL", value: "debug" },
      { name: "COPY", valueFrom: { configMapKeyRef: { name: "settings", key: "LEVEL" } } },
    ],
  });
  assert.deepEqual(env, { LEVEL: "debug", COOKIE: "s3cret", COPY: "info" });
});

test("a missing object or key is refused in kubelet's words", async () => {
  const key = (name: string, key: string) => ({
    env: [{ name: "A", valueFrom: { secretKeyRef: { name, key } } }],
  });
  const says = (message: string) => (error: unknown) =>
    error instanceof ConfigError && error.message === message;
  await assert.rejects(resolve(key("nope", "k")), says('secret "nope" not found'));
  await assert.rejects(
    resolve(key("cookie", "k")),
    says("couldn't find key k in Secret mqtt/cookie"),
  );
  await assert.rejects(
    resolve({ envFrom: [{ configMapRef: { name: "nope" } }] }),
    says('configmap "nope" not found'),
  );
});

test("what is optional and missing leaves no variable", async () => {
  const env = await resolve({
    envFrom: [{ secretRef: { name: "nope", optional: true } }],
    env: [
      { name: "A", valueFrom: { secretKeyRef: { name: "nope", key: "k", optional: true } } },
      { name: "B", valueFrom: { configMapKeyRef: { name: "settings", key: "k", optional: true } } },
    ],
  });
  assert.deepEqual(env, {});
});
