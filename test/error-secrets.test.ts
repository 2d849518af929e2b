/** Errors carry no secret of whatever they were made from. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { EmqxError, isEmqxError } from "../components/errors";
import { KubernetesClient } from "../components/kubernetes/client";
import { plainError } from "../components/rollout/failure";

const CANARY = "c4n4ryS3cretc4n4ryS3cretc4n4ryS3cretc4n4ryS3cret";

test("an error of ours takes nothing of a foreign one along but its words, without secrets", () => {
  const cause = Object.assign(new Error(`failed, token=${CANARY}`), {
    code: "UND_ERR_SOCKET",
    mark: { buffer: CANARY },
    headers: { authorization: CANARY },
  });
  const error = new EmqxError("EMQX_API_ERROR", "x", { cause });
  const all = inspect(error, { depth: 20, showHidden: true });
  assert.ok(!all.includes(CANARY), all);
  assert.equal((error.cause as NodeJS.ErrnoException).code, "UND_ERR_SOCKET");
  assert.match((error.cause as Error).stack ?? "", /error-secrets\.test/);
});

test("a kubeconfig that is none is not quoted", async () => {
  const base64 = Buffer.from(`users: [{ user: { token: ${CANARY} } }]`).toString("base64");
  for (const kubeconfig of [
    base64,
    `a: *${CANARY}\n`,
    `a: !${CANARY} x\n`,
    `{"token": "${CANARY}",`,
  ]) {
    await assert.rejects(KubernetesClient.open({ kubeconfig }), (error) => {
      const all = inspect(error, { depth: 20, showHidden: true });
      assert.ok(isEmqxError(error) && error.code === "EMQX_KUBERNETES_UNREACHABLE", all);
      assert.ok(!all.includes(CANARY) && !all.includes(base64), all);
      return true;
    });
  }
});

test("a defect is shown with its stack, and with nothing that hung on it", () => {
  const cause = Object.assign(
    new TypeError(`14 UNAVAILABLE: metadata authorization: Bearer ${CANARY}`),
    { metadata: { token: CANARY }, options: { headers: [CANARY] }, cause: new Error(CANARY) },
  );
  const shown = plainError(cause);
  assert.match(shown.message, /^EMQX_INTERNAL: TypeError: 14 UNAVAILABLE.*error-secrets\.test/s);
  const all = inspect(shown, { depth: 20, showHidden: true });
  assert.ok(!all.includes(CANARY), all);
});
