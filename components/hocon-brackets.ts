/**
 * Finds the bracket that makes HOCON text unreadable. EMQX is the judge of everything else, but it
 * speaks only when a node starts; this slip shows at preview.
 */
const PAIRS: Record<string, string> = { "{": "}", "[": "]" };

/** Strings, comments, brackets; strings that do not end hide nothing. */
const TOKEN = /"""[^]*?"""+|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|(?:#|\/\/)[^\n]*|[{}[\]\n]/g;

/** What is wrong, as the end of a sentence, or undefined when every bracket has its partner. */
export function bracketProblem(text: string): string | undefined {
  const open: { bracket: string; line: number }[] = [];
  let line = 1;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token in PAIRS) open.push({ bracket: token, line });
    if (token === "}" || token === "]") {
      const last = open.pop();
      if (!last) return `a \`${token}\` in line ${line} that closes nothing`;
      const expected = PAIRS[last.bracket];
      if (token !== expected) {
        return `a \`${token}\` in line ${line} where the \`${last.bracket}\` of line ${last.line} wants \`${expected}\``;
      }
    }
    line += token.split("\n").length - 1;
  }
  const last = open.at(-1);
  return (
    last && `a \`${last.bracket}\` in line ${last.line} without its \`${PAIRS[last.bracket]}\``
  );
}
