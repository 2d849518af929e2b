import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute } from "./execute";
import { findGo } from "./go";
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
  const go = await findGo(env, ["the definitions of the Prometheus Operator"]);
  log(`Fetching the definitions of the Prometheus Operator ${VERSION} unless Go has them already`);
  const { stdout, stderr } = await execute(
    go.file,
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
