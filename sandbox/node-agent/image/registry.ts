import type { ImageReference } from "./reference";

const REPOSITORIES = new Set(["emqx/emqx", "emqx/emqx-enterprise", "emqx/emqx-ee"]);
const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-(?:rc|beta)\.\d+)?$/;

/**
 * What the sandbox's registry answers to a pull: undefined when it has the image, else the error
 * in containerd's words. It has EMQX's repositories on any host, with releases 4.4 to 6.3.
 */
export function pullError(image: ImageReference): string | undefined {
  if (!REPOSITORIES.has(image.repository)) {
    return (
      `rpc error: code = Unknown desc = failed to pull and unpack image "${image.full}": ` +
      `failed to resolve reference "${image.full}": pull access denied, repository does not exist ` +
      "or may require authorization: server message: insufficient_scope: authorization failed"
    );
  }
  if (!image.tag || !isReleased(image.tag)) {
    return (
      `rpc error: code = NotFound desc = failed to pull and unpack image "${image.full}": ` +
      `failed to resolve reference "${image.full}": ${image.full}: not found`
    );
  }
  return undefined;
}

function isReleased(tag: string): boolean {
  const match = VERSION.exec(tag);
  if (!match) return false;
  const release = Number(match[1]) * 100 + Number(match[2]);
  return release >= 404 && release <= 603;
}
