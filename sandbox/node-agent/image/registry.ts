import { parseImage, type ImageReference } from "./reference";

/** EMQX's repositories and the first and last release line that each has, as major * 100 + minor. */
const EMQX: Record<string, [number, number]> = {
  "emqx/emqx": [404, 603],
  "emqx/emqx-enterprise": [500, 603],
  "emqx/emqx-ee": [404, 404],
  // Docker's official image ends with the open-source releases.
  "library/emqx": [404, 508],
};

/** What pods put beside EMQX; any tag of these. */
const OTHERS = new Set([
  "library/busybox",
  "library/alpine",
  "library/nginx",
  "emqx/emqx-exporter",
  "emqx/emqx-operator-reloader",
  "fluent/fluent-bit",
]);

const VERSION =
  /^v?(\d+)(?:\.(\d+)(?:\.(\d+)(?:-(?:rc|beta|alpha)\.\d+)?)?)?(?:-(?:elixir|alpine))?$/;

/** Whether an image is EMQX itself, whatever its tag and registry. */
export function isEmqxImage(image: string | undefined): boolean {
  const repository = parseImage(image ?? "")?.repository ?? "";
  return repository in EMQX;
}

/**
 * What the sandbox's registry answers to a pull: undefined when it has the image, else the error
 * in containerd's words. It has EMQX's repositories on any host, with releases 4.4 to 6.3 and the
 * tags of release lines (`5`, `5.8`), and a few helpers that pods put beside it.
 */
export function pullError(image: ImageReference): string | undefined {
  const { repository, tag, full } = image;
  if (OTHERS.has(repository)) return undefined;
  const range = EMQX[repository];
  if (!range) {
    return (
      `rpc error: code = Unknown desc = failed to pull and unpack image "${full}": ` +
      `failed to resolve reference "${full}": pull access denied, repository does not exist ` +
      "or may require authorization: server message: insufficient_scope: authorization failed"
    );
  }
  if (!tag || !isReleased(tag, range)) {
    return (
      `rpc error: code = NotFound desc = failed to pull and unpack image "${full}": ` +
      `failed to resolve reference "${full}": ${full}: not found`
    );
  }
  return undefined;
}

function isReleased(tag: string, [first, last]: [number, number]): boolean {
  const match = VERSION.exec(tag);
  if (!match) return false;
  const major = Number(match[1]);
  const low = major * 100 + Number(match[2] ?? 0);
  const high = major * 100 + Number(match[2] ?? 99);
  return low <= last && high >= first;
}
