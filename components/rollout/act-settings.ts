/** Puts settings into force through EMQX's API, then notes them where new pods read them. */
import { EmqxError } from "../errors";
import type { EmqxClient } from "../emqx/api";
import type { KubernetesClient } from "../kubernetes/client";
import type { ConfigMap, Workload } from "../kubernetes/shapes";
import {
  CONFIG_DIGEST_ANNOTATION,
  CONTENT_DIGEST_ANNOTATION,
  everyPod,
  LICENSE_DIGEST_ANNOTATION,
  names,
} from "../labels";
import { askOneOf } from "./ask-one-of";
import { revisionOf, roleOf } from "./observe-sets";
import { secretValue } from "./secret-value";
import type { HotSettings, Manifests, Role, Site } from "./types";

const DIGESTS = { config: CONFIG_DIGEST_ANNOTATION, license: LICENSE_DIGEST_ANNOTATION } as const;

export class SettingsActor {
  constructor(
    private readonly site: Site,
    private readonly kube: KubernetesClient,
    private readonly emqx: EmqxClient,
    private readonly manifests: Manifests,
    private readonly settings: HotSettings,
  ) {}

  async configure(revisions: string[], via: string[]): Promise<void> {
    const { hocon, mode } = this.settings;
    if (via.length > 0 && hocon !== "") {
      await askOneOf(via, "take the configuration", isSilence, (pod) =>
        this.emqx.configure(pod, hocon, mode),
      );
    }
    await this.note("config", revisions);
  }

  async renewLicense(revisions: string[], via: string[]): Promise<void> {
    const { licenseSecret } = this.settings;
    if (via.length > 0 && licenseSecret) {
      const key = await secretValue(this.kube, this.site.namespace, licenseSecret, noLicense);
      await askOneOf(via, "take the licence", isSilence, (pod) =>
        this.emqx.renewLicense(pod, key.trim()),
      );
    }
    await this.note("license", revisions);
  }

  /** The workloads are left alone: a changed template would exchange pods. */
  private async note(what: keyof typeof DIGESTS, revisions: string[]): Promise<void> {
    const roles = await this.rolesByRevision();
    for (const revision of revisions) {
      const role = roles.get(revision);
      if (role) await this.noteIn(what, revision, role);
    }
  }

  /** What the other action has not put into force yet must not be written with this one. */
  private async noteIn(what: keyof typeof DIGESTS, revision: string, role: Role): Promise<void> {
    const { name, namespace } = this.site;
    const stored = await this.kube.get<ConfigMap>({
      kind: "ConfigMap",
      namespace,
      name: names.config(name, revision),
    });
    const { configMap } = this.manifests(role, revision, 1);
    const { metadata } = configMap;
    const digest = this.settings.digests[what];
    const annotations = { ...metadata.annotations };
    const put = (annotation: string, value: string | undefined) => {
      if (value === undefined) delete annotations[annotation];
      else annotations[annotation] = value;
    };
    const asStored = (annotation: string) =>
      put(annotation, stored?.metadata.annotations?.[annotation]);
    put(DIGESTS[what], digest);
    asStored(DIGESTS[what === "config" ? "license" : "config"]);
    const kept = what === "license" ? stored?.data : undefined;
    if (kept) asStored(CONTENT_DIGEST_ANNOTATION);
    await this.kube.apply({
      ...configMap,
      metadata: { ...metadata, annotations },
      ...(kept && { data: kept }),
    });
  }

  private async rolesByRevision(): Promise<Map<string, Role>> {
    const { name, namespace } = this.site;
    const labels = everyPod(name);
    const found = await Promise.all([
      this.kube.list<Workload>({ kind: "StatefulSet", namespace }, { labels }),
      this.kube.list<Workload>({ kind: "Deployment", namespace }, { labels }),
    ]);
    return new Map(
      found.flat().map(({ metadata }) => [revisionOf(metadata) ?? "", roleOf(metadata)]),
    );
  }
}

/** A rejection is final, whichever node is asked; silence is not. */
const isSilence = (error: EmqxError): boolean => error.code === "EMQX_API_UNREACHABLE";

const noLicense = (where: string, found: string): EmqxError =>
  new EmqxError(
    "EMQX_KUBERNETES_ERROR",
    `Expected the licence in ${where}, found ${found}. Nothing was changed in EMQX. ` +
      "Run `pulumi up --refresh`, which creates it again.",
  );
