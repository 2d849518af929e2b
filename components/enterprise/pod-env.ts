/** Environment of an EMQX 4.4 container: settings, and how the nodes of all colours find each other. */
import { names, secretKeys } from "../labels";
import { fromSecret, overlay, type EnvVar } from "../rollout/env-vars";
import type { RolloutInputs } from "../rollout/inputs";
import type { Site } from "../rollout/types";
import { containerOf, envNameOf } from "./settings";
import { BOOTSTRAP_FILE, LICENSE_FILE } from "./site";

export const BOOTSTRAP_PATH = `/opt/emqx/data/${BOOTSTRAP_FILE}`;
export const ACL_FOLDER = "/mounted/acl";
export const LICENSE_FOLDER = "/mounted/license";

/** `emqxConfig` in place of ours, the user's environment in place of both. */
export function enterpriseEnv(inputs: RolloutInputs, site: Site): EnvVar[] {
  const enterprise = inputs.enterprise ?? {};
  const container = containerOf(enterprise);
  const { name, namespace, clusterDomain, nodePrefix = name } = site;
  const administrator = (key: string) =>
    fromSecret(envNameOf(key), names.dashboardSecret(name), secretKeys.dashboardPassword);
  const env: EnvVar[] = [
    { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "EMQX_NAME", value: nodePrefix },
    { name: "EMQX_CLUSTER__DISCOVERY", value: "dns" },
    { name: "EMQX_CLUSTER__DNS__TYPE", value: "srv" },
    {
      name: "EMQX_CLUSTER__DNS__NAME",
      value: `${names.headless(name)}.${namespace}.svc.${clusterDomain}`,
    },
    // EMQX looks for `<app>@<host>`, so it must be what comes before the `@`.
    { name: "EMQX_CLUSTER__DNS__APP", value: nodePrefix },
    { name: "EMQX_HOST", value: "$(POD_NAME).$(EMQX_CLUSTER__DNS__NAME)" },
    { name: "EMQX_LOG__TO", value: "console" },
    { name: "EMQX_LISTENER__TCP__INTERNAL", value: "" },
    { name: "EMQX_ACL_FILE", value: `${ACL_FOLDER}/acl.conf` },
    { name: "EMQX_MANAGEMENT__BOOTSTRAP_APPS_FILE", value: BOOTSTRAP_PATH },
    fromSecret("EMQX_NODE__COOKIE", names.cookieSecret(name), secretKeys.cookie),
    administrator("dashboard.default_user.password"),
    // Otherwise `admin:public` opens the management API, whatever the dashboard's password is.
    administrator("management.default_application.secret"),
  ];
  if (enterprise.license) {
    env.push({ name: "EMQX_LICENSE__FILE", value: `${LICENSE_FOLDER}/${LICENSE_FILE}` });
  }
  const given = Object.entries(container.emqxConfig ?? {}).map(([key, value]): EnvVar => ({
    name: envNameOf(key),
    value,
  }));
  return overlay(overlay(env, given), (container.env ?? []) as EnvVar[]);
}
