import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { operatorDefinitions } from "../../../sandbox/toolchain/operator-definitions";
import { temporaryFolder, writeScript } from "./temporary-folder";

const SUM = "h1:H/HCiMS4dXQyiFHw28PFlWMh15YUraL3MFe8u7k7dGA=";

/** A Go whose `mod download -json` prints `answer`. */
function go(t: TestContext, answer: (folder: string) => object, exit = 0): NodeJS.ProcessEnv {
  const folder = temporaryFolder(t);
  const crds = join(folder, "module", "example", "prometheus-operator-crd");
  mkdirSync(crds, { recursive: true });
  writeFileSync(join(crds, "monitoring.coreos.com_podmonitors.yaml"), "kind: A");
  writeFileSync(join(crds, "monitoring.coreos.com_prometheusrules.yaml"), "kind: B");
  writeFileSync(join(folder, "answer"), JSON.stringify(answer(join(folder, "module"))));
  writeScript(
    join(folder, "go"),
    `[ "$*" = "mod download -json github.com/prometheus-operator/prometheus-operator@v0.79.2" ] || exit 9
cat ${folder}/answer; exit ${exit}`,
  );
  return { PATH: `${folder}:/usr/bin:/bin` };
}

const read = (env: NodeJS.ProcessEnv) =>
  operatorDefinitions(["prometheusrules", "podmonitors"], { env });

test("the definitions come from the pinned module, in the order asked for", async (t) => {
  assert.deepEqual(await read(go(t, (Dir) => ({ Dir, Sum: SUM }))), ["kind: B", "kind: A"]);
});

test("a module with another checksum is not used", async (t) => {
  await assert.rejects(read(go(t, (Dir) => ({ Dir, Sum: "h1:other=" }))), (error) => {
    assert.equal((error as { code?: string }).code, "SANDBOX_BUILD_FAILED");
    assert.match(String(error), /Expected .*@v0\.79\.2 to have the checksum h1:H.*got h1:other=/);
    return true;
  });
});

test("a download that fails is told with what Go said", async (t) => {
  const env = go(t, () => ({ Error: "dial tcp: no route to host" }), 1);
  await assert.rejects(read(env), /module proxy must be reachable.*no route to host/s);
});

test("without Go the error says what to install", async (t) => {
  await assert.rejects(read({ PATH: temporaryFolder(t) }), (error) => {
    assert.equal((error as { code?: string }).code, "SANDBOX_NO_GO");
    assert.match(String(error), /no `go` is on PATH.*go\.dev\/dl/);
    return true;
  });
});
