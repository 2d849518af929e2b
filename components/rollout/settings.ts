/** What running nodes take without a new pod, from the inputs alone. */
import { createHash } from "node:crypto";
import { splitConfig } from "../config-roots";
import { names, secretKeys } from "../labels";
import type { RolloutInputs } from "./inputs";
import type { HotSettings, Settings } from "./types";

export function hotSettingsOf(inputs: RolloutInputs): HotSettings {
  const { hot } = splitConfig(inputs.config, inputs.image);
  const hocon = Object.values(hot)
    .map((text) => `${text}\n`)
    .join("");
  const digests: Settings = {};
  // Of the text that EMQX gets, which is the same for the same settings.
  if (hocon) digests.config = digest(hocon);
  if (inputs.licenseDigest) digests.license = inputs.licenseDigest;
  return {
    hocon,
    mode: inputs.config?.mode === "Replace" ? "replace" : "merge",
    digests,
    ...(inputs.licenseDigest && {
      licenseSecret: { name: names.licenseSecret(inputs.name), key: secretKeys.license },
    }),
  };
}

/** Of the key that the rollout owns; keys that others add survive its applies. */
export const contentDigest = (data: Record<string, string>): string =>
  digest(data["emqx.conf"] ?? "");

const digest = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 16);
