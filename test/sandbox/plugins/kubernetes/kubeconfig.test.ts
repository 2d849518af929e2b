import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { connection } from "../../../../sandbox/plugins/kubernetes/kubeconfig";
import { diffConfig } from "../../../../sandbox/plugins/kubernetes/diff-config";
import { UNKNOWN } from "../../../../sandbox/plugins/rpc/properties";

const kubeconfig = (server: string, token = "t", user: object = { token }): string =>
  JSON.stringify({
    "current-context": "x",
    contexts: [
      { name: "x", context: { cluster: "c", user: "u", namespace: "team" } },
      { name: "y", context: { cluster: "d", user: "u" } },
    ],
    clusters: [
      { name: "c", cluster: { server, "certificate-authority-data": "Y2E=" } },
      { name: "d", cluster: { server: "https://other", "insecure-skip-tls-verify": true } },
    ],
    users: [{ name: "u", user }],
  });

test("the active context names the server, the user and the namespace", () => {
  const found = connection(kubeconfig("https://one"), {});
  assert.equal(found.server, "https://one");
  assert.equal(found.token, "t");
  assert.equal(found.namespace, "team");
  assert.equal(found.ca?.toString(), "ca");
  assert.equal(found.insecure, false);
});

test("another context may be chosen", () => {
  const found = connection(kubeconfig("https://one"), { context: "y" });
  assert.deepEqual([found.server, found.insecure], ["https://other", true]);
});

test("a path is read, and certificates beside the file are found", () => {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-emqx-test-"));
  try {
    const user = { "client-certificate": "client.crt", "client-key": "client.key" };
    writeFileSync(join(folder, "config"), kubeconfig("https://one", "", user));
    writeFileSync(join(folder, "client.crt"), "certificate");
    writeFileSync(join(folder, "client.key"), "key");
    const found = connection(join(folder, "config"), {});
    assert.equal(found.cert?.toString(), "certificate");
    assert.equal(found.key?.toString(), "key");
    assert.equal(found.token, undefined);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a kubeconfig without an active cluster and one with an exec plugin are refused", () => {
  assert.throws(() => connection("{}", {}), /names no API server/);
  const exec = { exec: { command: "aws" } };
  assert.throws(() => connection(kubeconfig("https://one", "", exec), {}), /tokens and client/);
});

test("another server replaces the provider, another token or namespace does not", () => {
  const olds = { kubeconfig: kubeconfig("https://one") };
  const token = diffConfig(olds, { kubeconfig: kubeconfig("https://one", "other") });
  assert.deepEqual(token, { diffs: ["kubeconfig"], replaces: [] });
  const namespace = diffConfig(olds, { ...olds, namespace: "n" });
  assert.deepEqual(namespace, { diffs: ["namespace"], replaces: [] });
  const server = diffConfig(olds, { kubeconfig: kubeconfig("https://two") });
  assert.deepEqual(server.replaces, ["kubeconfig"]);
  assert.deepEqual(diffConfig(olds, { ...olds, context: "y" }).replaces, ["context"]);
  assert.deepEqual(diffConfig(olds, { kubeconfig: UNKNOWN }).replaces, ["kubeconfig"]);
  assert.deepEqual(diffConfig(olds, olds), { diffs: [], replaces: [] });
});
