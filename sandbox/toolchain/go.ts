import { execute } from "./execute";
import { findOnPath } from "./find-tool";
import { SandboxError } from "./sandbox-error";
import { compareVersions, parseVersion } from "./version";

/** The oldest Go that builds all tools: the highest `go` line of the go.mod files. */
export const oldestGo = "1.25.8";

/** The Go toolchain that builds the tools. */
export interface GoToolchain {
  file: string;
  version: string;
  moduleCache: string;
  buildCache: string;
}

/** Finds Go on PATH; throws with what to install when it is missing or too old. */
export async function findGo(env: NodeJS.ProcessEnv, wanted: string[]): Promise<GoToolchain> {
  const file = findOnPath("go", env);
  const need = `${wanted.join(", ")} must be built once, with Go ${oldestGo} or newer`;
  const remedy = `Install Go from https://go.dev/dl (no root needed: unpack it and add its bin folder to PATH), or put the programs themselves on PATH (Kubernetes 1.34.x, etcd 3.5+, Pulumi 3.232+), then run this again.`;
  if (!file) {
    throw new SandboxError("SANDBOX_NO_GO", `${need}, but no \`go\` is on PATH. ${remedy}`);
  }
  const { ok, stdout, stderr } = await execute(
    file,
    ["env", "GOVERSION", "GOMODCACHE", "GOCACHE"],
    { ...env, GOTOOLCHAIN: "local" },
  );
  const [version = "", moduleCache = "", buildCache = ""] = stdout.trim().split("\n");
  const parsed = parseVersion(version);
  if (!ok || !parsed) {
    const said = (stderr || stdout).trim();
    throw new SandboxError(
      "SANDBOX_NO_GO",
      `${need}, but \`${file} env\` failed with: ${said || "no output"}. ${remedy}`,
    );
  }
  const oldest = parseVersion(oldestGo);
  if (oldest && compareVersions(parsed, oldest) < 0) {
    throw new SandboxError(
      "SANDBOX_OLD_GO",
      `${need}, but ${file} is ${version.replace(/^go/, "Go ")}. ${remedy}`,
    );
  }
  return { file, version, moduleCache, buildCache };
}
