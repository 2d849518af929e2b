/**
 * Replaces `$(NAME)` as kubelet does: `$$` stands for one `$`, and a name without a value stays
 * as it is written.
 */
export function expand(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (written, rest: string, name: string) => {
    if (rest === "$") return "$";
    return values.get(name) ?? written;
  });
}
