/** Parts of a pod that meet with parts of ours: there Kubernetes would refuse the whole pod, much later. */
import { dnsLabel } from "./kubernetes-rules";
import { shown } from "./shown";
import { all, fragmentOf, isObject, list, secret, text, type Problem, type Rule } from "./shape";
import { unique } from "./kubernetes-rules";

export const containers: Rule = secret(
  all(list(fragmentOf({ name: dnsLabel }, ["name"])), unique("name")),
);

export const volumes: Rule = all(list(fragmentOf({ name: dnsLabel }, ["name"])), unique("name"));

export const volumeMounts: Rule = all(
  list(
    fragmentOf({ name: dnsLabel, mountPath: text("an absolute path without `:`", /^\/[^:]*$/) }, [
      "name",
      "mountPath",
    ]),
  ),
  unique("mountPath"),
);

export interface OwnParts {
  /** Name of EMQX's container, when it is known. */
  container?: string;
  volumes: string[];
  mountPaths: string[];
}

/** Fields of a pod's template that hold each kind of part. */
export interface PartFields {
  containers: string[];
  volumes: string;
  mounts: string;
}

/** What the user adds must not be called as what is there already. */
export const podClashes =
  (own: OwnParts, fields: PartFields): Rule =>
  (value, path, problems) => {
    if (!isObject(value)) return;
    const taken = new Set(own.container === undefined ? [] : [own.container]);
    for (const field of fields.containers) {
      clash(value, field, "name", taken, path, problems);
      for (const name of valuesOf(value[field], "name")) taken.add(name);
    }
    clash(value, fields.volumes, "name", new Set(own.volumes), path, problems);
    const paths = new Set(own.mountPaths);
    clash(value, fields.mounts, "mountPath", paths, path, problems);
  };

function clash(
  spec: Record<string, unknown>,
  field: string,
  key: string,
  taken: Set<string>,
  path: string,
  problems: Problem[],
): void {
  for (const name of valuesOf(spec[field], key)) {
    if (!taken.has(name.replace(/(?<=.)\/+$/, ""))) continue;
    const at = `${path}.${field}`;
    const reason = `Expected each \`${key}\` of \`${at}\` to be one that the pod does not have yet, got \`${shown(name)}\`.`;
    problems.push({ property: at, reason });
  }
}

const valuesOf = (items: unknown, key: string): string[] =>
  (Array.isArray(items) ? items : [])
    .map((item: unknown) => (isObject(item) ? item[key] : undefined))
    .filter((name): name is string => typeof name === "string");
