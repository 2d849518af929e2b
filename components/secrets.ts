/** Cookie, API key, dashboard password and licence: generated once, shared by all colours. */
import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { Secret } from "@pulumi/kubernetes/core/v1";
import type { BootstrapApiKeyArgs, SecretKeyArgs } from "./args";
import type { Site } from "./child";
import { invalidValue, judgedValue } from "./judged-value";
import { API_KEY_NAME, names, secretKeys } from "./labels";
import type { Keys } from "./ownership/own";
import { secret as hidden, type Rule } from "./shape";
import { apiKeyName, apiKeySecret, bootstrapKeys, licenseKey } from "./validate";

export interface SecretsArgs {
  license?: pulumi.Input<string>;
  bootstrapAPIKeys?: pulumi.Input<pulumi.Input<BootstrapApiKeyArgs>[]>;
}

export interface Secrets {
  all: Secret[];
  adminPassword: pulumi.Output<string>;
  /** Change with the licence and with the user's API keys; not secret, since the cookie keys them. */
  licenseDigest?: pulumi.Output<string>;
  apiKeysDigest?: pulumi.Output<string>;
}

export function createSecrets(
  site: Site,
  { cookie, apiKey, adminPassword }: Keys,
  args: SecretsArgs,
): Secrets {
  const userKeys = args.bootstrapAPIKeys && userKeyLines(site, args.bootstrapAPIKeys);
  const keyFile = pulumi
    .all([userKeys ?? [], apiKey])
    .apply(([lines, own]) =>
      [...lines, `${API_KEY_NAME}:${own}`].map((line) => `${line}\n`).join(""),
    );

  const all = [
    secret(site, "node-cookie", names.cookieSecret(site.name), { [secretKeys.cookie]: cookie }),
    secret(site, "bootstrap-api-key", names.apiKeySecret(site.name), {
      [secretKeys.apiKey]: keyFile,
    }),
    secret(site, "dashboard-admin", names.dashboardSecret(site.name), {
      username: "admin",
      [secretKeys.dashboardPassword]: adminPassword,
    }),
  ];
  const license =
    args.license === undefined
      ? undefined
      : pulumi.secret(args.license).apply((text) => judgedValue(text, "license", licenseKey));
  if (license !== undefined) {
    all.push(
      secret(site, "license", names.licenseSecret(site.name), { [secretKeys.license]: license }),
    );
  }
  return {
    all,
    adminPassword,
    licenseDigest: license && digest(cookie, license),
    apiKeysDigest: userKeys && digest(cookie, userKeys),
  };
}

export function secret(
  site: Site,
  what: string,
  name: string,
  stringData: Record<string, pulumi.Input<string>>,
): Secret {
  const metadata = { name, namespace: site.namespace, labels: site.labels };
  return new Secret(`${site.prefix}-${what}`, { metadata, stringData }, site.child);
}

/** The user's lines of the bootstrap file, `key:secret` each. */
function userKeyLines(
  site: Site,
  keys: NonNullable<SecretsArgs["bootstrapAPIKeys"]>,
): pulumi.Output<string[]> {
  const found = new Map<string, Secret>();
  const read = (from: pulumi.UnwrappedObject<SecretKeyArgs>, rule: Rule): pulumi.Output<string> => {
    const id = `${site.namespace}/${from.secretName}`;
    const source =
      found.get(id) ?? Secret.get(`${site.prefix}-key-${from.secretName}`, id, site.child);
    found.set(id, source);
    return source.data.apply((data) =>
      // A line break in it would be another line of the file, with another key.
      judgedValue(
        decode(data?.[from.secretKey], id, from.secretKey),
        `the key ${from.secretKey} of Secret ${id}`,
        hidden(rule),
      ),
    );
  };
  const lines = pulumi
    .output(keys)
    .apply((list) =>
      pulumi.all(
        judgedValue(list, "bootstrapAPIKeys", bootstrapKeys).map(
          ({ key, secret: value, secretRef }) =>
            secretRef
              ? pulumi.interpolate`${read(secretRef.key, apiKeyName)}:${read(secretRef.secret, apiKeySecret)}`
              : pulumi.output(`${key}:${value}`),
        ),
      ),
    );
  return pulumi.secret(lines);
}

function decode(value: string | undefined, id: string, key: string): string {
  if (value !== undefined) return Buffer.from(value, "base64").toString("utf8").trim();
  throw invalidValue(
    `Expected Secret ${id} of \`bootstrapAPIKeys\` to have the key ${key}, found none.`,
  );
}

export function digest(
  key: pulumi.Output<string>,
  value: pulumi.Input<string> | pulumi.Output<string[]>,
): pulumi.Output<string> {
  const text = pulumi.output(value as pulumi.Input<string | string[]>);
  const hashed = pulumi
    .all([key, text])
    .apply(([k, v]) =>
      createHmac("sha256", k).update(JSON.stringify(v)).digest("hex").slice(0, 16),
    );
  return pulumi.unsecret(hashed);
}
