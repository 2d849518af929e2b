/** The container of EMQX 4.4, as `EmqxEnterprise.spec.template.spec.emqxContainer` has it. */
import type { Input } from "@pulumi/pulumi";
import type { core } from "@pulumi/kubernetes/types/input";

export interface EmqxContainerArgs {
  /**
   * Name of the container.
   * @default "emqx"
   */
  name?: Input<string>;
  image: Input<EnterpriseImageArgs>;
  /**
   * Settings of `emqx.conf` such as `{ "zone.external.max_packet_size": "2MB" }`. EMQX 4.4 reads
   * them when a node starts, so a change is an upgrade.
   */
  emqxConfig?: Input<Record<string, Input<string>>>;
  /**
   * Lines of `acl.conf`.
   * @default EMQX's own: `$SYS/#` for the dashboard and the local host only, everything else allowed
   */
  emqxACL?: Input<Input<string>[]>;
  /** More keys of EMQX's HTTP API; EMQX reads them when a node starts. */
  bootstrapAPIKeys?: Input<Input<{ key: Input<string>; secret: Input<string> }>[]>;
  command?: Input<Input<string>[]>;
  args?: Input<Input<string>[]>;
  workingDir?: Input<string>;
  /** More ports, or other names for those of 8081 (`http-management`) and 18083 (`http-dashboard`). */
  ports?: Input<Input<core.v1.ContainerPort>[]>;
  /** More environment; it comes last, so it wins. */
  env?: Input<Input<core.v1.EnvVar>[]>;
  envFrom?: Input<Input<core.v1.EnvFromSource>[]>;
  resources?: Input<core.v1.ResourceRequirements>;
  volumeMounts?: Input<Input<core.v1.VolumeMount>[]>;
  volumeDevices?: Input<Input<core.v1.VolumeDevice>[]>;
  /** @default `GET /status` on the management port every 30 s, from 60 s on */
  livenessProbe?: Input<core.v1.Probe>;
  /** @default `GET /status` on the management port every 2 s: the availability check asks for credentials before 4.4.24 */
  readinessProbe?: Input<core.v1.Probe>;
  startupProbe?: Input<core.v1.Probe>;
  lifecycle?: Input<core.v1.Lifecycle>;
  terminationMessagePath?: Input<string>;
  terminationMessagePolicy?: Input<string>;
  /** @default uid 1000, not root, no privilege escalation, no capabilities */
  securityContext?: Input<core.v1.SecurityContext>;
  stdin?: Input<boolean>;
  stdinOnce?: Input<boolean>;
  tty?: Input<boolean>;
}

/** `<registry>/<repository>:<prefix><version><suffix>` */
export interface EnterpriseImageArgs {
  registry?: Input<string>;
  /** @default "emqx/emqx-ee" */
  repository?: Input<string>;
  /** `4.4.12` or later of 4.4, since evacuation exists from there on. */
  version: Input<string>;
  /** Comes before the version in the tag, such as `v`. */
  prefix?: Input<string>;
  /** Comes after the version in the tag. */
  suffix?: Input<string>;
  /** @default "IfNotPresent" */
  pullPolicy?: Input<string>;
}
