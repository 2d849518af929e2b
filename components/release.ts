/**
 * What a release of EMQX can do, read from its image's name: nothing can be asked before a pod
 * runs (facts: emqx-api.md 0 and 6). A name that says nothing gets the benefit of the doubt.
 */

export interface Release {
  /** Absent where the tag does not say. */
  major?: number;
  minor?: number;
  patch?: number;
  /** `unknown` for an image of one's own. */
  edition: "opensource" | "enterprise" | "unknown";
  /** HTTP API: `v4` is EMQX 4. */
  dialect: "v4" | "v5";
  /** Nodes can be evacuated. */
  evacuation: boolean;
  /** Its availability check needs no credentials, so that a probe can use it. */
  openAvailabilityCheck: boolean;
  /** It asks for a licence: the enterprise editions, and every release from 5.9 on. */
  licensed: boolean;
  /** Nodes may have the role replicant. */
  replicants: boolean;
}

/** `copy` is called after EMQX, but does not say which edition it is. */
type Repository = "open" | "official" | "enterprise" | "enterprise4" | "copy" | "other";

/** The release that an image stands for; of a partial version the newest. */
export function releaseOf(image: string): Release {
  const { repository, tag } = partsOf(image);
  const kind = kindOf(repository);
  const version = versionOf(kind, tag);
  const edition = editionOf(kind, version);
  const { major = kind === "enterprise4" ? 4 : undefined } = version;
  const at = (...wanted: number[]) => atLeast([major, version.minor, version.patch], wanted);
  const dialect = major !== undefined && major < 5 ? "v4" : "v5";
  if (edition === "opensource") {
    // Open source ends with 5.8, which knows the core role only.
    const replicants = dialect === "v5" && version.minor !== undefined && version.minor < 8;
    const lacking = { evacuation: false, openAvailabilityCheck: false, licensed: false };
    return { ...version, edition, dialect, replicants, ...lacking };
  }
  return {
    ...version,
    edition,
    dialect,
    evacuation: dialect === "v4" ? at(4, 4, 12) : at(5, 0, 3),
    openAvailabilityCheck: dialect === "v4" ? at(4, 4, 24) : at(5, 4),
    licensed: true,
    replicants: dialect === "v5",
  };
}

/** A reference is `[registry[:port]/]path[:tag][@digest]`. */
function partsOf(image: string): { repository: string; tag?: string } {
  const [reference = ""] = image.split("@");
  const [, repository = reference, tag] = /^(.*):([^:/]+)$/.exec(reference) ?? [];
  return { repository, tag };
}

function kindOf(repository: string): Repository {
  if (/^((index\.)?docker\.io\/)?(library\/)?emqx$/.test(repository)) return "official";
  if (/(^|\/)emqx\/emqx$/.test(repository)) return "open";
  if (/(^|\/)emqx-enterprise$/.test(repository)) return "enterprise";
  if (/(^|\/)emqx-ee$/.test(repository)) return "enterprise4";
  return /emqx[^/]*$/.test(repository) ? "copy" : "other";
}

type Version = Pick<Release, "major" | "minor" | "patch">;

/** `5.8.6`, `v5`, `e5.8.6`, `6.1.0-rc.1`; nothing of `latest`. */
function versionOf(kind: Repository, tag = ""): Version {
  const numbers = /^[ev]?(\d)(?:\.(\d+))?(?:\.(\d+))?(?![^-+_.])/.exec(tag)?.slice(1) ?? [];
  const [major, minor, patch] = numbers.map((n) => (n === undefined ? undefined : Number(n)));
  // An image of one's own may count its own versions.
  return kind === "other" && (major ?? 0) < 5 ? {} : { major, minor, patch };
}

function editionOf(kind: Repository, { major, minor }: Version): Release["edition"] {
  if (kind === "enterprise" || kind === "enterprise4") return "enterprise";
  if (kind === "copy" || kind === "other") return "unknown";
  // Docker's official image ends with the last open-source release, so its `latest` is that one.
  if (major === undefined) return kind === "official" ? "opensource" : "enterprise";
  return major < 5 || (major === 5 && (minor ?? 0) < 9) ? "opensource" : "enterprise";
}

/** What a version does not say counts as the newest. */
function atLeast(version: (number | undefined)[], wanted: number[]): boolean {
  for (const [index, least] of wanted.entries()) {
    const number = version[index] ?? Infinity;
    if (number !== least) return number > least;
  }
  return true;
}
