/** One deliberate mistake in the rules; the tests must notice it. */
export interface Mutation {
  /** Kebab-case; `npm run mutate -- <id>` tries it alone. */
  id: string;
  /** File that is changed, relative to the repository. */
  file: string;
  /** Text that occurs there exactly once. */
  search: string;
  replace: string;
  /** The promise that the changed rule breaks, as a sentence. */
  breaks: string;
}

/** Mutations of one file of the rules: `[id, search, replace, breaks]`. */
export function mutationsOf(rules: string, rows: [string, string, string, string][]): Mutation[] {
  const file = `components/rollout/${rules}.ts`;
  return rows.map(([id, search, replace, breaks]) => ({ id, file, search, replace, breaks }));
}

/** The text with its mistake; throws when the rules have moved on and the list has not. */
export function mutate(text: string, { id, file, search, replace }: Mutation): string {
  const found = text.split(search).length - 1;
  if (found === 1) return text.replace(search, () => replace);
  throw new Error(
    `Expected the text of mutation ${id} exactly once in ${file}, found it ${found} times. ` +
      `Adapt the list in test/mutate to the rules:\n${search}`,
  );
}
