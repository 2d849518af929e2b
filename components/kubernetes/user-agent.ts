import { readFileSync } from "node:fs";
import { join } from "node:path";

let cached: string | undefined;

/** `pulumi-emqx/<version>`, as the API server's audit log shows it. */
export function userAgent(): string {
  cached ??= `pulumi-emqx/${version()}`;
  return cached;
}

// Two levels up is the package's root from `components/` and from `dist/` alike.
function version(): string {
  const text = readFileSync(join(__dirname, "..", "..", "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
