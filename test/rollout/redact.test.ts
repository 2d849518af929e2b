import assert from "node:assert/strict";
import { test } from "node:test";
import { redact } from "../../components/rollout/redact";

for (const line of [
  'node.cookie = "hunter2secret"',
  "EMQX_DASHBOARD__DEFAULT_PASSWORD=hunter2secret",
  '{"api_secret":"hunter2secret","x":1}',
  "authorization: Basic hunter2secret",
  "cannot connect to http://bob:hunter2secret@db.svc:8080/auth",
  "[error] redis://:hunter2secret@10.0.0.1:6379 is down",
  'url = "postgresql://bob:p@hunter2secret@db/mqtt"',
  "license { key: hunter2secret }".replace("key:", "license_key:"),
  "bad key MjIwMTExCjAKMTAKRXZhbHVhdGlvbgpjb250YWN0QGVtcXguaW8KZGVmYXVsdA.hunter2secrethunter2secret",
]) {
  test(`hides the secret in: ${line.slice(0, 40)}`, () => {
    const hidden = redact(line);
    assert.ok(hidden.includes("[hidden]"), hidden);
    assert.ok(!hidden.includes("hunter2secret"), hidden);
  });
}

for (const line of [
  'secret "c-node-cookie" not found',
  "license is expired, cannot join the cluster",
  "Back-off pulling image docker.io/emqx/emqx-enterprise:6.1.0",
  "see https://docs.emqx.com/en/emqx/latest/ or mail to info@emqx.io",
  "emqx@c-core-1a2b3c-0.c-headless.default.svc.cluster.local is down",
]) {
  test(`keeps: ${line}`, () => {
    assert.equal(redact(line), line);
  });
}
