/** Cookie, API keys, dashboard password and licence of an EMQX 4.4 cluster, shared by all colours. */
import * as pulumi from "@pulumi/pulumi";
import { Secret } from "@pulumi/kubernetes/core/v1";
import type { Site } from "../child";
import { invalidValue, judgedValue } from "../judged-value";
import { API_KEY_NAME, names, secretKeys } from "../labels";
import type { Keys } from "../ownership/own";
import { digest, secret } from "../secrets";
import type { EmqxEnterpriseArgs } from "./args";
import { partOf } from "./known-parts";
import { PASSWORD } from "./pod-fields";
import { BOOTSTRAP_FILE, LICENSE_FILE } from "./site";
import { enterpriseKeys, licenseText } from "./validate";
import { settingRule } from "./validate-config";

export interface EnterpriseSecrets {
  all: Secret[];
  adminPassword: pulumi.Output<string>;
  license?: EnterpriseLicense;
  /** Change with what EMQX reads when a node starts; not secret, since the cookie keys them. */
  apiKeysDigest: pulumi.Output<string | undefined>;
  passwordDigest: pulumi.Output<string | undefined>;
}

export interface EnterpriseLicense {
  secretName: pulumi.Input<string>;
  key: pulumi.Input<string>;
  digest: pulumi.Output<string>;
}

export function createEnterpriseSecrets(
  site: Site,
  { cookie, apiKey, adminPassword: generated }: Keys,
  args: EmqxEnterpriseArgs,
): EnterpriseSecrets {
  const container = ["spec", "emqxContainer"];
  const path = "template.spec.emqxContainer";

  const userKeys = partOf<{ key: string; secret: string }[]>(args.template, [
    ...container,
    "bootstrapAPIKeys",
  ]).apply((keys) =>
    (judgedValue(keys, `${path}.bootstrapAPIKeys`, enterpriseKeys) ?? []).map(
      ({ key, secret: value }) => `${key}:${value}`,
    ),
  );
  const keyFile = pulumi
    .all([userKeys, apiKey])
    .apply(([lines, own]) =>
      [...lines, `${API_KEY_NAME}:${own}`].map((line) => `${line}\n`).join(""),
    );

  const setting = (key: string) =>
    partOf<string>(args.template, [...container, "emqxConfig", key]).apply((text) =>
      judgedValue(text, `${path}.emqxConfig["${key}"]`, settingRule),
    );
  const chosen = setting(PASSWORD);
  const admin = pulumi.all([chosen, generated]).apply(([own, ours]) => own ?? ours);
  const username = setting("dashboard.default_user.login").apply((login) => login ?? "admin");

  const license = args.license && createLicense(site, args.license, cookie);
  return {
    all: [
      secret(site, "node-cookie", names.cookieSecret(site.name), { [secretKeys.cookie]: cookie }),
      secret(site, "bootstrap-api-key", names.apiKeySecret(site.name), {
        [BOOTSTRAP_FILE]: keyFile,
      }),
      secret(site, "dashboard-admin", names.dashboardSecret(site.name), {
        username,
        [secretKeys.dashboardPassword]: admin,
      }),
      ...(license?.own ? [license.own] : []),
    ],
    adminPassword: admin,
    license,
    apiKeysDigest: digestIfGiven(
      cookie,
      userKeys.apply((lines) => (lines.length > 0 ? lines.join("\n") : undefined)),
    ),
    passwordDigest: digestIfGiven(cookie, chosen),
  };
}

function createLicense(
  site: Site,
  { data, stringData, secretName }: NonNullable<EmqxEnterpriseArgs["license"]>,
  cookie: pulumi.Output<string>,
): EnterpriseLicense & { own?: Secret } {
  if (secretName != null) return readLicense(site, secretName, cookie);
  const decoded = pulumi
    .output(data)
    .apply((base64) => Buffer.from(base64 ?? "", "base64").toString("utf8"));
  const content = pulumi
    .secret(stringData == null ? decoded : stringData)
    .apply((file) => judgedValue(file, "license", licenseText));
  const name = names.licenseSecret(site.name);
  const own = secret(site, "license", name, { [LICENSE_FILE]: content });
  return { own, secretName: name, key: LICENSE_FILE, digest: digest(cookie, content) };
}

/** The user's own Secret is read, so that `pulumi up` notices a new licence in it. */
function readLicense(
  site: Site,
  secretName: pulumi.Input<string>,
  cookie: pulumi.Output<string>,
): EnterpriseLicense {
  const id = pulumi.interpolate`${site.namespace}/${secretName}`;
  const { data } = Secret.get(`${site.prefix}-license`, id, site.child);
  const key = pulumi.unsecret(pulumi.all([data, id]).apply(([files, at]) => keyOf(files, at)));
  const content = pulumi.all([data, key]).apply(([files, file]) => files[file] ?? "");
  return { secretName, key, digest: digest(cookie, content) };
}

/** `emqx.lic` or, as the operator takes it, the only key. */
function keyOf(files: Record<string, string> | undefined, id: string): string {
  const keys = Object.keys(files ?? {}).sort();
  const [first] = keys.includes(LICENSE_FILE) ? [LICENSE_FILE] : keys;
  if (first !== undefined) return first;
  throw invalidValue(
    `Expected Secret ${id} of \`license.secretName\` to have a key with the licence file, found none.`,
  );
}

/** Known to be nothing even in the preview of a first deployment, where the cookie is unknown. */
function digestIfGiven(
  cookie: pulumi.Output<string>,
  value: pulumi.Output<string | undefined>,
): pulumi.Output<string | undefined> {
  const given = pulumi.unsecret(value.apply((text) => text !== undefined));
  const keyed = digest(
    cookie,
    value.apply((text) => text ?? ""),
  );
  const none = pulumi.output<string | undefined>(undefined);
  return given.apply((is) => (is ? (keyed as pulumi.Output<string | undefined>) : none));
}
