import type { EmqxVersion } from "../image";

/** The version behind an image of EMQX Enterprise 4.4; undefined for another repository than `emqx/emqx-ee`. */
export function v4VersionOfImage(image: string): EmqxVersion | undefined {
  const [, repository = "", tag = ""] = /^(.*?)(?::([^:/@]+))?(?:@.*)?$/.exec(image) ?? [];
  if (!/(^|\/)emqx\/emqx-ee$/.test(repository)) return undefined;
  // A suffix names the base image (4.4.14-alpine), not another release.
  const patch = /^4\.4\.(\d+)(-[A-Za-z0-9.-]+)?$/.exec(tag)?.[1];
  if (patch === undefined) {
    throw new Error(
      `The simulated EMQX Enterprise 4 serves 4.4.x, got "${image}". Use a tag such as 4.4.14, or a real EMQX through SANDBOX_EMQX.`,
    );
  }
  return { text: `4.4.${patch}`, major: 4, minor: 4, patch: Number(patch), edition: "ee" };
}
