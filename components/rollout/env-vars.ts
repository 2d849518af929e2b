/** Environment variables of a container, as both dialects of EMQX need them. */

export type EnvVar = Record<string, unknown> & { name: string };

export const fromSecret = (name: string, secretName: string, key: string): EnvVar => ({
  name,
  valueFrom: { secretKeyRef: { name: secretName, key } },
});

/** `over` in place of what has the same name below: the API server refuses a name that an apply brings twice. */
export function overlay(below: EnvVar[], over: EnvVar[]): EnvVar[] {
  const names = new Set(over.map((each) => each.name));
  return [...below.filter((each) => !names.has(each.name)), ...over];
}
