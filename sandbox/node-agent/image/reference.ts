/** An image name, taken apart and completed as a container runtime does it. */
export interface ImageReference {
  /** `docker.io` when the name has no host. */
  host: string;
  /** `library/` is added for single-word names on docker.io. */
  repository: string;
  /** `latest` when neither tag nor digest is given. */
  tag?: string;
  digest?: string;
  /** The complete name, e.g. `docker.io/emqx/emqx:6.0.1`. */
  full: string;
}

const NAME = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9-]+)*(?::[0-9]+)?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/;

/** Parses an image name; undefined when no registry could have it. */
export function parseImage(image: string): ImageReference | undefined {
  const at = image.indexOf("@");
  const digest = at < 0 ? undefined : image.slice(at + 1);
  const named = at < 0 ? image : image.slice(0, at);
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  const name = hasTag ? named.slice(0, colon) : named;
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const hasHost = slash > 0 && (/[.:]/.test(first) || first === "localhost");
  const host = hasHost ? first : "docker.io";
  const path = hasHost ? name.slice(slash + 1) : name;
  if (!HOST.test(host) || !NAME.test(path)) return undefined;
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  const repository = host === "docker.io" && !path.includes("/") ? `library/${path}` : path;
  const effectiveTag = tag ?? (digest ? undefined : "latest");
  const full =
    `${host}/${repository}` +
    (effectiveTag ? `:${effectiveTag}` : "") +
    (digest ? `@${digest}` : "");
  return { host, repository, tag: effectiveTag, digest, full };
}
