/** A way into a property map: keys of objects and indices of lists. */
export type PropertyPath = (string | number)[];

/** Pulumi's notation, e.g. `spec.ports[0].port` or `metadata.labels["app.kubernetes.io/name"]`. */
export function formatPath(path: PropertyPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    if (/[."[\]]/.test(step)) return `${text}["${step.replaceAll('"', '\\"')}"]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

/** Reads Pulumi's notation. */
export function parsePath(text: string): PropertyPath {
  const steps = text.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g);
  return [...steps].map(([, quoted, index, plain]) => {
    if (index !== undefined) return Number(index);
    return quoted?.replaceAll('\\"', '"') ?? plain ?? "";
  });
}

/** True if `path` is `prefix` or lies below it; a `*` in the prefix stands for any one step. */
export function isUnder(path: PropertyPath, prefix: PropertyPath): boolean {
  return (
    path.length >= prefix.length &&
    prefix.every((step, i) => step === "*" || String(step) === String(path[i]))
  );
}
