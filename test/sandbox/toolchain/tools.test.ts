import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { repositoryRoot } from "../../../sandbox/toolchain/repository";
import { builds } from "../../../sandbox/toolchain/tools";

test("each build's version is the one that its go.mod pins", () => {
  for (const { module, source, packages } of builds) {
    const file = join(repositoryRoot(), "sandbox", "tools", module, "go.mod");
    const [path, version] = source.split("@");
    assert.ok(path && version);
    assert.match(
      readFileSync(file, "utf8"),
      new RegExp(`\\b${path.replaceAll(".", "\\.")} ${version.replaceAll(".", "\\.")}\\b`),
    );
    for (const { tool } of packages) assert.equal(`v${tool.version}`, version, tool.name);
  }
});

test("a build's own version would be accepted on PATH", () => {
  for (const { tool } of builds.flatMap(({ packages }) => packages)) {
    const [major = 0, minor = 0, patch = 0] = tool.version.split(".").map(Number);
    if (tool.accepts) assert.equal(tool.accepts([major, minor, patch]), true, tool.name);
  }
});
