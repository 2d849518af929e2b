/** What the rollout resource gets of an `EmqxEnterprise` (EMQX 4.4), resolved; present = EMQX 4.4. */

type Fragment = Record<string, unknown>;

export interface EnterpriseInputs {
  replicas?: number;
  /** Secret and key of the licence, by default our own; its content is in the Secret only. */
  license?: { secretName?: string; key?: string };
  /** PersistentVolumeClaimTemplate of the data volume. */
  persistent?: { metadata?: { name?: string } & Fragment; spec?: Fragment };
  /** Absent: one StatefulSet that Kubernetes renews pod by pod. */
  blueGreenUpdate?: {
    initialDelaySeconds?: number;
    evacuationStrategy?: { waitTakeover?: number; connEvictRate?: number; sessEvictRate?: number };
  };
  template?: EnterpriseTemplate;
  /** Only the name concerns the rollout. */
  serviceTemplate?: { metadata?: { name?: string } };
  /**
   * Keyed digests: of the licence text, and of a password that the user chose. EMQX 4.4 reads both
   * when a node starts, so they stand apart from `licenseDigest`, which is put into force live.
   */
  licenseDigest?: string;
  passwordDigest?: string;
}

export interface EnterpriseTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  /** Kubernetes fragments by the names of `EnterpriseTemplateSpecArgs`. */
  spec?: Fragment & {
    serviceAccountName?: string;
    emqxContainer?: EnterpriseContainer;
  };
}

export interface EnterpriseContainer extends Fragment {
  /** Default `emqx`. */
  name?: string;
  image?: EnterpriseImage;
  /** Settings of `emqx.conf`; a password and the API keys are left out. */
  emqxConfig?: Record<string, string>;
  /** Lines of `acl.conf`. */
  emqxACL?: string[];
}

export interface EnterpriseImage {
  registry?: string;
  repository?: string;
  version?: string;
  prefix?: string;
  suffix?: string;
  pullPolicy?: string;
}

/** The operator's composition: `<registry>/<repository>:<prefix><version><suffix>`. */
export function enterpriseImage(image: EnterpriseImage = {}): string {
  const { registry, repository = "emqx/emqx-ee", prefix = "", version = "", suffix = "" } = image;
  return `${registry ? `${registry}/` : ""}${repository}:${prefix}${version}${suffix}`;
}
