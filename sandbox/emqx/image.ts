/** The EMQX version that a container image stands for. */
export interface EmqxVersion {
  /** For example `6.1.0`. */
  text: string;
  major: number;
  minor: number;
  /** `ce` is the open-source edition before 5.9: it has neither licence nor evacuation. */
  edition: "ce" | "ee";
}

/** Reads the version from an image reference's tag; the simulator serves 5.4 to 6.x. */
export function versionOfImage(image: string): EmqxVersion {
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(image)?.[1] ?? "";
  const match = /^e?v?(\d+)\.(\d+)\.(\d+(?:-(?:rc|beta|alpha)\.\d+)?)$/.exec(tag);
  if (!match) {
    throw new Error(`Expected SANDBOX_IMAGE with a tag X.Y.Z, got "${image}".`);
  }
  const major = Number(match[1]);
  const minor = Number(match[2]);
  if (major < 5 || (major === 5 && minor < 4)) {
    throw new Error(
      `The simulated EMQX serves 5.4 to 6.x, got ${tag} from "${image}". Use another image, or a real EMQX through SANDBOX_EMQX.`,
    );
  }
  const openSource = /(^|\/)emqx\/emqx:/.test(image) && major === 5 && minor < 9;
  const edition = openSource ? "ce" : "ee";
  return { text: `${match[1]}.${match[2]}.${match[3]}`, major, minor, edition };
}

/** True when `version` is at least `major.minor`. */
export function atLeast(version: EmqxVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}
