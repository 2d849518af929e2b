/** Every error in the sources has a code, and every code is in the sources. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ERROR_CODES } from "../components/errors";

const sources = readdirSync("components", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => join("components", file))
  .concat("index.ts", "stack-args.ts", "stack-config.ts");

/** Never seen as they are: whoever calls gives them a code, or they are a defect (EMQX_INTERNAL). */
const INNER: Record<string, RegExp> = {
  "components/emqx/tls.ts": /TLS handshake/,
  "components/kubernetes/login.ts": /new LoginError\(|new Error\(LATE/,
  "components/kubernetes/port-forward.ts": /new Error\(/,
  "components/rollout/decide.ts": /new Error\("unreachable/,
  "components/rollout/revision.ts": /new Error\("unreachable/,
  "components/rollout/failure.ts": /withCode|new Error\(text/,
  "components/harmless-cause.ts": /new Error\(clean/,
  "components/hocon-tree.ts": /new Unclear/,
  "components/judged-value.ts": /EMQX_INVALID_ARGUMENT/,
  "components/require-valid.ts": /new pulumi\.ResourceError\(text/,
};

test("no error is made without a code", () => {
  for (const file of sources) {
    const text = readFileSync(file, "utf8");
    for (const [made] of text.matchAll(/new (?:\w+\.)?\w*Error\([^;]{0,120}/g)) {
      if (/^new (EmqxError|KubernetesRefusal)\(/.test(made) || made.includes('"EMQX_')) continue;
      assert.match(made, INNER[file] ?? /^$/, `${file}: ${made}`);
    }
  }
});

test("every code is used by the package", () => {
  const all = sources.filter((file) => !file.endsWith("errors.ts") || file.includes("fence"));
  const text = all.map((file) => readFileSync(file, "utf8")).join("\n");
  for (const code of ERROR_CODES) assert.ok(text.includes(code), code);
});
