import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { parseImage } from "./reference";
import { pullError } from "./registry";

/** Why a container's image is not there, in kubelet's words. */
export class ImageError extends Error {
  constructor(
    readonly reason: "InvalidImageName" | "ErrImagePull" | "ErrImageNeverPull",
    message: string,
  ) {
    super(message);
    this.name = "ImageError";
  }
}

/** Milliseconds that asking the registry takes when the image is already on the node. */
const CHECK_MS = 20;

export interface Pulled {
  /** Value of `imageID` in the container's status. */
  imageId: string;
  /** Whether it was there and nobody had to be asked. */
  present: boolean;
  /** Milliseconds that the pull took. */
  took: number;
}

/** The images on the node, kept in a file so that they outlive the agent. */
export class Images {
  private readonly present: Set<string>;

  constructor(
    private readonly file: string,
    private readonly pullMs: number,
  ) {
    this.present = new Set(load(file));
  }

  /** Makes the image available under the given pull policy; throws `ImageError` as kubelet would fail. */
  async ensure(image: string, policy: string, pulling: () => void): Promise<Pulled> {
    const reference = parseImage(image);
    if (!reference) {
      throw new ImageError(
        "InvalidImageName",
        `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
      );
    }
    const imageId = `${reference.host}/${reference.repository}@sha256:${digest(reference.full)}`;
    const isPresent = this.present.has(reference.full);
    if (policy === "Never" && !isPresent) {
      throw new ImageError(
        "ErrImageNeverPull",
        `Container image "${image}" is not present with pull policy of Never`,
      );
    }
    if (isPresent && policy !== "Always") return { imageId, present: true, took: 0 };
    pulling();
    const took = isPresent ? Math.min(CHECK_MS, this.pullMs) : this.pullMs;
    await delay(took);
    const error = pullError(reference);
    if (error) throw new ImageError("ErrImagePull", error);
    if (!isPresent) {
      this.present.add(reference.full);
      await writeFile(this.file, JSON.stringify([...this.present], null, 2));
    }
    return { imageId, present: false, took };
  }
}

function load(file: string): string[] {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as string[];
  } catch {
    return [];
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
