import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import * as pulumi from "@pulumi/pulumi";
import {
  clusterFromCustomResource,
  type EmqxClusterArgs,
  type EmqxEnterpriseArgs,
} from "../../../components";

type Overrides = Partial<EmqxClusterArgs> | Partial<EmqxEnterpriseArgs>;

const config = new pulumi.Config();
const resource = load(readFileSync(config.require("customResource"), "utf8"));
const overrides = config.getObject<Overrides>("overrides") ?? {};

/** EMQX 4.4 has a licence file, EMQX 5 and later a key. */
function licenseOverride(): Overrides {
  if (!config.get("license")) return {};
  const license = config.requireSecret("license");
  const kind = (resource as { kind?: string } | undefined)?.kind;
  return { license: kind === "EmqxEnterprise" ? { stringData: license } : license } as Overrides;
}

const given = { ...overrides, ...licenseOverride() } as Overrides;
const emqx = clusterFromCustomResource("emqx", resource, given);

export const { listenersService, dashboardUrl, adminPassword } = emqx;
export const { currentRevision, status, lastRollout } = emqx;
