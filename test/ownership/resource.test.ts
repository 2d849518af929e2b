import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { before, describe, test } from "node:test";
import vm from "node:vm";
import * as pulumi from "@pulumi/pulumi";
import ts from "typescript";
import type * as resource from "../../components/ownership/resource";

const SOURCE = path.resolve("components/ownership/resource.ts");
const golden = readFileSync(path.resolve("test/ownership/shim.golden.txt"), "utf8");

/** The module as `tsc` and Pulumi's ts-node emit it; tsx would print the functions differently. */
function compiled(): typeof resource {
  const { outputText } = ts.transpileModule(readFileSync(SOURCE, "utf8"), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: true,
      useDefineForClassFields: false,
    },
  });
  const module: { exports: typeof resource } = { exports: {} as typeof resource };
  vm.compileFunction(outputText, ["exports", "require", "module"], { filename: SOURCE })(
    module.exports,
    createRequire(SOURCE),
    module,
  );
  return module.exports;
}

describe("the ownership resource", () => {
  const registered: pulumi.runtime.MockResourceArgs[] = [];
  let subject: typeof resource;

  before(async () => {
    await pulumi.runtime.setMocks(
      {
        newResource(args) {
          registered.push(args);
          return { id: "default/emqx", state: { ...args.inputs, cookie: "kept" } };
        },
        call: ({ inputs }) => inputs,
      },
      "project",
      "stack",
      false,
    );
    subject = compiled();
  });

  test("is registered under its own type, with exactly the golden provider text and its urn", async () => {
    const parent = new pulumi.ComponentResource("pulumi-emqx:index:EmqxCluster", "emqx");
    const made = new subject.Ownership(
      "emqx-ownership",
      { name: "emqx", namespace: "default", cookie: pulumi.secret("made") },
      { parent },
    );
    const cookie = await new Promise((resolve) => made.cookie.apply(resolve));
    assert.equal(cookie, "kept");
    const args = registered.at(-1);
    assert.equal(args?.type, "pulumi-nodejs:dynamic/emqx:Ownership");
    assert.equal(args?.inputs.__provider, golden);
    assert.equal(
      args?.inputs.__urn,
      "urn:pulumi:stack::project::pulumi-emqx:index:EmqxCluster$pulumi-nodejs:dynamic/emqx:Ownership::emqx-ownership",
    );
  });

  test("says what to do when the package is not built", async () => {
    const before = process.cwd();
    process.chdir("/");
    try {
      await assert.rejects(
        () =>
          subject.shim.check(
            {},
            { name: "a", namespace: "b", cookie: "", apiKey: "", adminPassword: "" },
          ),
        /EMQX_NOT_BUILT: Expected the compiled package pulumi-emqx to be found from \/, got: .*npm ci/s,
      );
    } finally {
      process.chdir(before);
    }
  });
});
