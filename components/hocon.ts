/**
 * Reads the scalar settings out of HOCON text, enough to find ports: nested objects, dotted keys,
 * quotes, comments. Lists, includes and substitutions are skipped; what cannot be read is left
 * out, since EMQX itself is the judge of its configuration.
 */
const MAX_DEPTH = 64;

/** Path in lower case, for example `listeners.tcp.default.bind`, to its text. Later settings win. */
export type Settings = Map<string, string>;

export function scanHocon(text: string): Settings {
  const scanner = new Scanner(text);
  scanner.body([]);
  return scanner.settings;
}

class Scanner {
  readonly settings: Settings = new Map();
  private at = 0;

  constructor(private readonly text: string) {}

  /** The inside of an object, up to its `}` or the end. */
  body(path: string[]): void {
    for (;;) {
      this.skip(/[\s,{]/y);
      if (this.at >= this.text.length) return;
      if (this.take("}")) {
        if (path.length > 0) return;
        continue;
      }
      const key = this.key();
      this.skip(/[^\S\n]/y);
      const assigned = this.take("=") || this.take(":") || this.take("+=");
      if (key.length === 0 || (!assigned && this.text[this.at] !== "{")) {
        this.restOfLine();
        continue;
      }
      this.value([...path, ...key]);
    }
  }

  private key(): string[] {
    const segments: string[] = [];
    for (;;) {
      this.skip(/\./y);
      const quoted = this.quoted();
      const segment = quoted ?? this.match(/[^\s.=:{}[\],"#+]+/y);
      if (segment === undefined) return segments;
      segments.push(segment.toLowerCase());
    }
  }

  private value(path: string[]): void {
    this.skip(/\s/y);
    if (this.take("{")) {
      if (path.length < MAX_DEPTH) this.body(path);
      else this.balanced();
      return;
    }
    if (this.take("[")) return this.balanced();
    const scalar = this.quoted() ?? this.match(/(?:[^\n,}#/]|\/(?!\/))*/y)?.trim() ?? "";
    if (!scalar.includes("${")) this.settings.set(path.join("."), scalar);
  }

  private quoted(): string | undefined {
    const triple = this.match(/"""[^]*?"""/y);
    if (triple !== undefined) return triple.slice(3, -3);
    const single = this.match(/"[^"\\\n]*(?:\\.[^"\\\n]*)*"/y);
    return single?.slice(1, -1).replace(/\\(.)/g, "$1");
  }

  /** Skips to the bracket that closes the one just taken. */
  private balanced(): void {
    for (let depth = 1; depth > 0 && this.at < this.text.length;) {
      this.skip(/[^"#/[\]{}]/y);
      if (this.quoted() !== undefined) continue;
      if (this.take("[") || this.take("{")) depth += 1;
      else if (this.take("]") || this.take("}")) depth -= 1;
      else this.at += 1;
    }
  }

  private restOfLine(): void {
    this.match(/[^\n]*\n?/y);
  }

  /** Skips characters of a class, and comments. */
  private skip(characters: RegExp): void {
    for (;;) {
      if (this.match(characters) !== undefined) continue;
      if (this.match(/(?:#|\/\/)[^\n]*/y) !== undefined) continue;
      return;
    }
  }

  private take(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined || found.length === 0) return undefined;
    this.at += found.length;
    return found;
  }
}
