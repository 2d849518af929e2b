/** The EMQX version that a container image stands for. */
export interface EmqxVersion {
  /** For example `6.1.0`. */
  text: string;
  major: number;
  minor: number;
  /** Third number, without what may follow it. */
  patch: number;
  /** `ce` is the open-source edition before 5.9: it has neither licence nor evacuation. */
  edition: "ce" | "ee";
}

/** What short tags of the open-source images stand for; Docker's official image ends with 5.8.6. */
const OPEN_SOURCE_TAGS: Record<string, string> = {
  "5": "5.8.6",
  "5.8": "5.8.6",
  "5.7": "5.7.2",
  "5.6": "5.6.1",
  "5.5": "5.5.1",
  "5.4": "5.4.1",
  "5.3": "5.3.2",
  "5.2": "5.2.1",
  "5.1": "5.1.6",
  "5.0": "5.0.26",
};

/** What short tags of the single edition's and the enterprise's images stand for. */
const ENTERPRISE_TAGS: Record<string, string> = {
  "5": "5.10.4",
  "5.10": "5.10.4",
  "5.9": "5.9.3",
  "5.8": "5.8.11",
  "6": "6.2.2",
  "6.2": "6.2.2",
  "6.1": "6.1.4",
  "6.0": "6.0.3",
};

/** Reads the version from an image reference's tag; the simulator serves 5.0 to 6.x. */
export function versionOfImage(image: string): EmqxVersion {
  const [, repository = image, given = ""] = /^(.*?)(?::([^:/@]+))?(?:@.*)?$/.exec(image) ?? [];
  const openRepository = /(^|\/)emqx\/emqx$|^(docker\.io\/)?(library\/)?emqx$/.test(repository);
  const short = openRepository ? { ...ENTERPRISE_TAGS, ...OPEN_SOURCE_TAGS } : ENTERPRISE_TAGS;
  const tag = short[given] ?? given;
  const match = /^e?v?(\d+)\.(\d+)\.(\d+)(-(?:rc|beta|alpha)\.\d+)?$/.exec(tag);
  if (!match) {
    throw new Error(`Expected SANDBOX_IMAGE with a tag X.Y.Z, got "${image}".`);
  }
  const [major = 0, minor = 0, patch = 0] = match.slice(1, 4).map(Number);
  if (major < 5) {
    throw new Error(
      `The simulated EMQX serves 5.0 to 6.x, got ${tag} from "${image}". Use another image, or a real EMQX through SANDBOX_EMQX.`,
    );
  }
  const edition = openRepository && major === 5 && minor < 9 ? "ce" : "ee";
  return { text: `${major}.${minor}.${patch}${match[4] ?? ""}`, major, minor, patch, edition };
}

/** True when `version` is at least `major.minor.patch`. */
export function atLeast(version: EmqxVersion, major: number, minor: number, patch = 0): boolean {
  if (version.major !== major) return version.major > major;
  if (version.minor !== minor) return version.minor > minor;
  return version.patch >= patch;
}

/** The Erlang release that a version was built with, as `GET /nodes` shows it. */
export function otpRelease(version: EmqxVersion): string {
  if (version.major >= 6) return "28/16.1";
  if (atLeast(version, 5, 8)) return "26.2.5/14.2.5";
  if (atLeast(version, 5, 4)) return "25.3.2-2/13.2.2";
  return atLeast(version, 5, 1) ? "25.3.2-1/13.2.2" : "24.2.1-1/12.2.1";
}
