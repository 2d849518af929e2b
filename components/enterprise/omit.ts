/** A shallow copy without some of its keys. */
export function omit<T extends object, K extends string>(value: T, ...keys: K[]): Omit<T, K> {
  const entries = Object.entries(value).filter(([key]) => !(keys as string[]).includes(key));
  return Object.fromEntries(entries) as Omit<T, K>;
}
