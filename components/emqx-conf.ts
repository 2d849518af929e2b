import type { ConfigInput } from "./config-roots";
import { hoconJson } from "./hocon-json";

/** Text of `emqx.conf`: the user's, then the roots. JSON is HOCON, and a later setting wins. */
export function emqxConf(config: ConfigInput | undefined): string {
  const roots = Object.entries(config?.roots ?? {}).map(
    ([root, value]) => `${JSON.stringify(root)} = ${hoconJson(value, 2)}`,
  );
  return [config?.data?.trimEnd(), ...roots]
    .filter((part) => part)
    .map((part) => `${part}\n`)
    .join("\n");
}
