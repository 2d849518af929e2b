/** Environment of the EMQX container: everything by which the nodes of all colours find each other. */
import { scanConfig } from "../config-scan";
import { names, secretKeys } from "../labels";
import { releaseOf } from "../release";
import { fromSecret, overlay, type EnvVar } from "./env-vars";
import { templateOf, type RolloutInputs } from "./inputs";
import type { Role, Site } from "./types";

export const API_KEY_PATH = "/opt/emqx/data/bootstrap_api_key";

/** The user's in place of ours. */
export function podEnv(inputs: RolloutInputs, site: Site, role: Role): EnvVar[] {
  const { name, namespace, clusterDomain, dashboardPort } = site;
  const user = (templateOf(inputs, role).spec?.env ?? []) as EnvVar[];
  const declared = scanConfig({ config: inputs.config, env: user });
  const env: EnvVar[] = [
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "EMQX_CLUSTER__DISCOVERY_STRATEGY", value: "dns" },
    { name: "EMQX_CLUSTER__DNS__RECORD_TYPE", value: "srv" },
    {
      name: "EMQX_CLUSTER__DNS__NAME",
      value: `${names.headless(name)}.${namespace}.svc.${clusterDomain}`,
    },
    host(role),
    { name: "EMQX_NODE__DATA_DIR", value: "data" },
    { name: "EMQX_NODE__ROLE", value: role },
    fromSecret("EMQX_NODE__COOKIE", names.cookieSecret(name), secretKeys.cookie),
    // EMQX parses the value as HOCON, hence the quotes.
    { name: "EMQX_API_KEY__BOOTSTRAP_FILE", value: `"${API_KEY_PATH}"` },
    fromSecret(
      "EMQX_DASHBOARD__DEFAULT_PASSWORD",
      names.dashboardSecret(name),
      secretKeys.dashboardPassword,
    ),
  ];
  const release = releaseOf(inputs.image);
  if (release.major === 5 && release.minor === 0) {
    // What the two are called in 5.0, which ignores names that it does not know.
    env.push(
      { name: "EMQX_NODE__DB_ROLE", value: role },
      { name: "EMQX_DASHBOARD__BOOTSTRAP_USERS_FILE", value: `"${API_KEY_PATH}"` },
    );
  }
  // emqx.conf replaces the image's own, which is where the listener is switched on.
  if (!site.dashboardHttps && !declared.has("dashboard.listeners.http.bind")) {
    env.push({ name: "EMQX_DASHBOARD__LISTENERS__HTTP__BIND", value: String(dashboardPort) });
  }
  if (release.licensed) {
    // Optional: a licence that comes later, or goes, needs no new pod.
    const key = { name: names.licenseSecret(name), key: secretKeys.license, optional: true };
    env.push({ name: "EMQX_LICENSE__KEY", valueFrom: { secretKeyRef: key } });
  }
  return overlay(env, user);
}

/** A replicant has no name in DNS: discovery finds cores only. */
const host = (role: Role): EnvVar =>
  role === "core"
    ? { name: "EMQX_HOST", value: "$(POD_NAME).$(EMQX_CLUSTER__DNS__NAME)" }
    : { name: "EMQX_HOST", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } };
