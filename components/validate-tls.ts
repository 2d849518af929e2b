/** `dashboardTls`, judged offline: what would fail or mislead at the first call is said at preview. */
import { X509Certificate } from "node:crypto";
import { all, flag, isObject, object, text, type Rule } from "./shape";
import { UNKNOWN } from "./unknown";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Whole PEM certificates and nothing that must not be shown, such as the authority's own key. */
const bundle: Rule = (value, path, problems) => {
  text("certificates in PEM")(value, path, problems);
  if (typeof value !== "string" || value === UNKNOWN) return;
  const say = (reason: string) => problems.push({ property: path, reason });
  if (/PRIVATE KEY/.test(value)) {
    return void say(
      `Expected \`${path}\` to hold certificates only, got a private key. Remove it.`,
    );
  }
  const found = value.match(CERTIFICATE) ?? [];
  if (found.length === 0) {
    return void say(
      `Expected \`${path}\` to hold PEM certificates, got none (a path? give the file's content).`,
    );
  }
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem);
    } catch (error) {
      const why = (error as Error).message;
      say(`Expected certificate ${index + 1} of \`${path}\` to be readable, got: ${why}.`);
    }
  }
};

const contradiction: Rule = (value, path, problems) => {
  if (!isObject(value) || value.insecureSkipVerify !== true) return;
  const given = ["caBundle", "serverName"].filter((key) => value[key] !== undefined);
  if (given.length === 0) return;
  const reason = `Expected \`${path}\` to have either \`insecureSkipVerify\` or \`${given.join("` and `")}\`, got both.`;
  problems.push({ property: path, reason });
};

export const dashboardTls: Rule = all(
  object({
    caBundle: bundle,
    serverName: text("a DNS name", /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/i),
    insecureSkipVerify: flag,
  }),
  contradiction,
);
