/**
 * What an EMQX licence key says about itself, read offline. Only EMQX can check the signature, so
 * what cannot be read here is left to it.
 */
import { scanConfig } from "./config-scan";
import { releaseOf } from "./release";
import type { LicenseFacts } from "./rollout/types";
import { isObject } from "./shape";

/** EMQX's own evaluation key (facts: emqx-api.md 6). */
const EVALUATION: LicenseFacts = { type: "evaluation", maxSessions: 25 };
const COMMUNITY: LicenseFacts = { type: "single-node", maxSessions: 10_000_000 };

const DAY = 86_400_000;

/** Numbers in the key's second line. */
const TYPES: Record<string, LicenseFacts["type"]> = {
  "0": "trial",
  "1": "official",
  "2": "single-node",
};
/** Number in the key's third line. */
const EVALUATION_CUSTOMER = "10";

/** Undefined for `file://...` and for what is no key. */
export function readLicenseKey(key: string, image: string): LicenseFacts | undefined {
  const text = key.trim();
  if (text === "evaluation") return EVALUATION;
  if (text === "default") return defaultOf(image);
  const [payload, signature, ...more] = text.split(".");
  if (!payload || !signature || more.length > 0) return undefined;
  return factsOf(Buffer.from(payload, "base64").toString("utf8"));
}

/** The built-in key: until 5.8 an evaluation, from 5.9 on the community licence. */
function defaultOf(image: string): LicenseFacts {
  const { major = Infinity, minor = Infinity } = releaseOf(image);
  return major > 5 || (major === 5 && minor >= 9) ? COMMUNITY : EVALUATION;
}

/** Lines: version, type, customer type, customer, e-mail, deployment, start, days, sessions. */
function factsOf(payload: string): LicenseFacts | undefined {
  const [, type = "", customer, , , , start = "", days = "", sessions = ""] = payload.split("\n");
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(start.trim()) ?? [];
  const kind = Object.hasOwn(TYPES, type.trim()) ? TYPES[type.trim()] : undefined;
  const from = Date.parse(`${year}-${month}-${day}`);
  if (!kind || Number.isNaN(from) || !isCount(days) || !isCount(sessions)) return undefined;
  const last = new Date(from + Number(days) * DAY);
  if (Number.isNaN(last.getTime())) return undefined;
  return {
    type: kind === "trial" && customer?.trim() === EVALUATION_CUSTOMER ? "evaluation" : kind,
    expiresOn: last.toISOString().slice(0, 10),
    maxSessions: Number(sessions),
  };
}

const isCount = (text: string): boolean => /^\d{1,9}$/.test(text.trim());

/** The licence that the cores start with; EMQX's environment wins over its configuration. */
export function licenseFactsOf(given: {
  image: string;
  license?: string;
  config?: unknown;
  coreTemplate?: unknown;
}): LicenseFacts | undefined {
  const { image, license, config, coreTemplate } = given;
  const spec = isObject(coreTemplate) ? coreTemplate.spec : undefined;
  const env = isObject(spec) ? spec.env : undefined;
  const key =
    scanConfig({ env }).get("license.key") ?? license ?? scanConfig({ config }).get("license.key");
  return key === undefined || !releaseOf(image).licensed ? undefined : readLicenseKey(key, image);
}
