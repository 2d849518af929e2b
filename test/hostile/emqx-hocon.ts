/**
 * Reads JSON as EMQX's own scanner does (github.com/emqx/hocon, src/hocon_scanner.xrl), where that
 * differs from JSON: the longest token wins, `\u` is no escape, a float needs a fraction, and a line
 * separator ends a string. Stricter than the simulator's parser; for texts that we write.
 */
const STRING = /"(?:\\"|[^"\n\r\u2028\u2029])*"/y;
const FLOAT = /[+-]?\d*\.\d+(?:[eE][+-]?\d+)?(?![\w.])/y;
const INTEGER = /[+-]?\d+(?![\w.%])/y;
const WORD = /[A-Za-z][\w.@%|-]*/y;

export function readAsEmqx(text: string): unknown {
  return new AsEmqx(text).settings("");
}

class AsEmqx {
  private at = 0;

  constructor(private readonly text: string) {}

  settings(end: "" | "}"): Record<string, unknown> {
    const result = new Map<string, unknown>();
    for (;;) {
      this.match(/[\s,]*/y);
      if (this.text[this.at] === (end || undefined)) {
        this.at += end.length;
        return Object.fromEntries(result);
      }
      const key = this.key();
      this.match(/\s*[=:]?\s*/y);
      result.set(key, this.value());
    }
  }

  private key(): string {
    return this.string() ?? this.match(WORD) ?? this.fail("a key");
  }

  private value(): unknown {
    if (this.match(/\{/y)) return this.settings("}");
    if (this.match(/\[/y)) return this.list();
    const string = this.string();
    if (string !== undefined) return string;
    const number = this.match(FLOAT) ?? this.match(INTEGER);
    if (number !== undefined) return Number(number);
    const word = this.match(WORD);
    if (word === "true" || word === "false") return word === "true";
    return word === "null" ? null : (word ?? this.fail("a value"));
  }

  private list(): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      this.match(/[\s,]*/y);
      if (this.match(/\]/y)) return items;
      items.push(this.value());
    }
  }

  /** The longest text between quotes that the scanner would accept, unescaped. */
  private string(): string | undefined {
    const token = this.match(STRING);
    if (token === undefined) return undefined;
    let result = "";
    const inner = token.slice(1, -1);
    for (let i = 0; i < inner.length; i++) {
      const escape = inner[i] === "\\" ? ESCAPES[inner[i + 1] ?? ""] : undefined;
      if (inner[i] === '"') throw new Error(`unescaped quote in ${token.slice(0, 80)}`);
      if (escape !== undefined) i += 1;
      result += escape ?? inner[i];
    }
    return result;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found || undefined;
  }

  private fail(what: string): never {
    throw new Error(`expected ${what}, got ${this.text.slice(this.at, this.at + 40)}`);
  }
}

const ESCAPES: Record<string, string> = {
  "\\": "\\",
  '"': '"',
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
};
