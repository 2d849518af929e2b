/** The first children of a cluster: its generated secrets, and the resource that all others wait for. */
import * as pulumi from "@pulumi/pulumi";
import { Provider, type ProviderArgs } from "@pulumi/kubernetes";
import { RandomPassword } from "@pulumi/random";
import type { Site } from "../child";
import { Ownership } from "./resource";

export interface OwnershipSettings {
  adopt?: boolean;
  kubeconfig?: pulumi.Input<string>;
  context?: pulumi.Input<string>;
}

/** Generated, or as found in the cluster that was adopted. */
export interface Keys {
  cookie: pulumi.Output<string>;
  apiKey: pulumi.Output<string>;
  adminPassword: pulumi.Output<string>;
}

/** `site` for everything else, which waits until the stack may have the cluster. */
export function own(bare: Site, args: OwnershipSettings): { site: Site; keys: Keys } {
  const { prefix, name, namespace, child } = bare;
  const ownership = new Ownership(
    `${prefix}-ownership`,
    {
      name,
      namespace,
      adopt: args.adopt,
      cookie: password(bare, "node-cookie", 64),
      apiKey: password(bare, "bootstrap-api-key", 64),
      adminPassword: password(bare, "dashboard-admin", 24),
      kubeconfig: args.kubeconfig === undefined ? undefined : pulumi.secret(args.kubeconfig),
      context: args.context,
    },
    child,
  );
  const { cookie, apiKey, adminPassword } = ownership;
  const site = { ...bare, child: { ...child, dependsOn: [ownership] } };
  return {
    site,
    keys: {
      cookie: pulumi.secret(cookie),
      apiKey: pulumi.secret(apiKey),
      adminPassword: pulumi.secret(adminPassword),
    },
  };
}

function password(site: Site, what: string, length: number): pulumi.Output<string> {
  const options = { length, special: false, minLower: 1, minUpper: 1, minNumeric: 1 };
  return new RandomPassword(`${site.prefix}-${what}-value`, options, site.child).result;
}

const SERVICE = "kubernetes:core/v1:Service";

/**
 * Options of the component. To adopt, its Kubernetes provider must create by server-side apply;
 * where the program gives none, one is made from the stack's own `kubernetes:*` settings, so that
 * it is the same cluster as the default provider's.
 */
export function adopting(
  name: string,
  given: OwnershipSettings | undefined,
  options: pulumi.ComponentResourceOptions = {},
): pulumi.ComponentResourceOptions {
  if (given?.adopt !== true || givesProvider(options)) return options;
  const settings = new pulumi.Config("kubernetes");
  const kubeconfig = settings.getSecret("kubeconfig");
  const args: ProviderArgs = {
    kubeconfig,
    context: settings.get("context"),
    cluster: settings.get("cluster"),
    namespace: settings.get("namespace"),
    clusterIdentifier: settings.get("clusterIdentifier"),
    upsertExistingObjects: true,
    enablePatchForce: true,
  };
  const provider = new Provider(`${name}-adopt`, args, { parent: options.parent });
  return { ...options, providers: [...providersOf(options), provider] };
}

const providersOf = ({ providers = [] }: pulumi.ComponentResourceOptions) =>
  Array.isArray(providers) ? providers : Object.values(providers);

function givesProvider(options: pulumi.ComponentResourceOptions): boolean {
  const given = [...providersOf(options), ...(options.provider ? [options.provider] : [])];
  return (
    given.some((each) => Provider.isInstance(each)) ||
    options.parent?.getProvider(SERVICE) !== undefined
  );
}
