import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute } from "./execute";
import { findOnPath } from "./find-tool";
import { SandboxError } from "./sandbox-error";
import type { ToolchainOptions } from "./toolchain";

/** The Prometheus Operator's module, pinned with its checksum. */
const MODULE = "github.com/prometheus-operator/prometheus-operator";
const VERSION = "v0.79.2";
const SUM = "h1:H/HCiMS4dXQyiFHw28PFlWMh15YUraL3MFe8u7k7dGA=";

/** Seconds for its 15 MB. */
const DOWNLOAD_SECONDS = 180;

export type DefinitionName = "podmonitors" | "prometheusrules";

/** Texts (YAML) of the operator's own CustomResourceDefinitions, from the Go module proxy. */
export async function operatorDefinitions(
  names: DefinitionName[],
  options: ToolchainOptions = {},
): Promise<string[]> {
  const { env = process.env, log = () => {}, signal } = options;
  const go = findOnPath("go", env);
  if (!go) {
    throw new SandboxError(
      "SANDBOX_NO_GO",
      "The definitions of the Prometheus Operator come from the Go module proxy, but no `go` is on PATH. " +
        "Install Go from https://go.dev/dl (no root needed: unpack it and add its bin folder to PATH), then run this again.",
    );
  }
  log(`Fetching the definitions of the Prometheus Operator ${VERSION} unless Go has them already`);
  const { stdout, stderr } = await execute(
    go,
    ["mod", "download", "-json", `${MODULE}@${VERSION}`],
    { ...env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=mod", GOWORK: "off" },
    // Outside of any module, so that no go.mod has a say.
    { cwd: tmpdir(), timeoutSeconds: DOWNLOAD_SECONDS, signal },
  );
  const answer = parse(stdout);
  if (answer.Error !== undefined || answer.Dir === undefined) {
    throw new SandboxError(
      "SANDBOX_BUILD_FAILED",
      `Fetching ${MODULE}@${VERSION} failed. The Go module proxy must be reachable: check the network, or set GOPROXY ` +
        `to one that is. Go said:\n${answer.Error ?? (stderr.trim() || "no output")}`,
    );
  }
  if (answer.Sum !== SUM) {
    throw new SandboxError(
      "SANDBOX_BUILD_FAILED",
      `Expected ${MODULE}@${VERSION} to have the checksum ${SUM}, got ${answer.Sum}. Set GOPROXY to a proxy that you trust.`,
    );
  }
  const folder = join(answer.Dir, "example", "prometheus-operator-crd");
  return names.map((name) =>
    readFileSync(join(folder, `monitoring.coreos.com_${name}.yaml`), "utf8"),
  );
}

function parse(text: string): { Dir?: string; Sum?: string; Error?: string } {
  try {
    return JSON.parse(text) as { Dir?: string; Sum?: string; Error?: string };
  } catch {
    return {};
  }
}
