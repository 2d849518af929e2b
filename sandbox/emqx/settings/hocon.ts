/** A parsed configuration value. */
export type ConfigValue = string | number | boolean | null | ConfigValue[] | ConfigObject;

/** A parsed configuration object. */
export interface ConfigObject {
  [key: string]: ConfigValue;
}

export function isObject(value: ConfigValue | undefined): value is ConfigObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Merges `over` into `base`, objects key by key, everything else replaced. */
export function mergeConfig(base: ConfigObject, over: ConfigObject): ConfigObject {
  const result: ConfigObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = result[key];
    result[key] = isObject(value) ? mergeConfig(isObject(old) ? old : {}, value) : value;
  }
  return result;
}

/** A HOCON syntax error with its line. */
export class HoconError extends Error {
  constructor(
    readonly line: number,
    readonly reason: string,
  ) {
    super(`line ${line}: ${reason}`);
  }
}

/** Parses the subset of HOCON that EMQX's own configuration files use: objects, dotted keys, arrays, JSON, comments. */
export function parseHocon(text: string): ConfigObject {
  const parser = new HoconParser(text);
  return parser.document();
}

/** Parses one value, as EMQX does with the value of an environment variable; bare text is a string. */
export function parseHoconValue(text: string): ConfigValue {
  try {
    return new HoconParser(text).single();
  } catch {
    return text;
  }
}

class HoconParser {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): ConfigObject {
    this.blank();
    const braced = this.text[this.at] === "{";
    if (braced) this.at += 1;
    const result = this.members(braced);
    this.blank();
    if (this.at < this.text.length) this.fail(`unexpected "${this.text[this.at]}"`);
    return result;
  }

  single(): ConfigValue {
    this.blank();
    const value = this.value();
    this.blank();
    if (this.at < this.text.length) this.fail("trailing text");
    return value;
  }

  private fail(reason: string): never {
    throw new HoconError(this.text.slice(0, this.at).split("\n").length, reason);
  }

  private blank(): void {
    const pattern = /(?:[\s,]|#[^\n]*|\/\/[^\n]*)*/y;
    pattern.lastIndex = this.at;
    this.at += pattern.exec(this.text)?.[0].length ?? 0;
  }

  private members(braced: boolean): ConfigObject {
    let result: ConfigObject = {};
    for (;;) {
      this.blank();
      const here = this.text[this.at];
      if (here === undefined && !braced) return result;
      if (here === undefined) this.fail("unclosed {");
      if (here === "}" && braced) {
        this.at += 1;
        return result;
      }
      const path = this.path();
      this.inlineSpace();
      let value: ConfigValue;
      if (this.text[this.at] === "{") {
        value = this.value();
      } else if (this.text[this.at] === "=" || this.text[this.at] === ":") {
        this.at += 1;
        this.inlineSpace();
        value = this.value();
      } else {
        this.fail(`expected "=" or "{" after ${path.join(".")}`);
      }
      result = mergeConfig(result, nest(path, value));
    }
  }

  private inlineSpace(): void {
    while (/\s/.test(this.text[this.at] ?? "x")) this.at += 1;
  }

  private path(): string[] {
    const pattern = /"((?:[^"\\]|\\.)*)"|[A-Za-z0-9_$/@*-]+/y;
    const parts: string[] = [];
    for (;;) {
      pattern.lastIndex = this.at;
      const match = pattern.exec(this.text);
      if (!match) this.fail(`expected a key, got "${this.text.slice(this.at, this.at + 10)}"`);
      parts.push(match[1] ?? match[0]);
      this.at += match[0].length;
      if (this.text[this.at] !== ".") return parts;
      this.at += 1;
    }
  }

  private value(): ConfigValue {
    const here = this.text[this.at];
    if (here === "{") {
      this.at += 1;
      return this.members(true);
    }
    if (here === "[") return this.array();
    if (this.text.startsWith('"""', this.at)) {
      const end = this.text.indexOf('"""', this.at + 3);
      if (end < 0) this.fail("unclosed string");
      const value = this.text.slice(this.at + 3, end);
      this.at = end + 3;
      return value;
    }
    if (here === '"') return this.quoted();
    return this.bare();
  }

  private array(): ConfigValue[] {
    this.at += 1;
    const items: ConfigValue[] = [];
    for (;;) {
      this.blank();
      if (this.text[this.at] === undefined) this.fail("unclosed [");
      if (this.text[this.at] === "]") {
        this.at += 1;
        return items;
      }
      items.push(this.value());
    }
  }

  private quoted(): string {
    const pattern = /"(?:[^"\\\n]|\\.)*"/y;
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) this.fail("unclosed string");
    this.at += match[0].length;
    try {
      return JSON.parse(match[0]) as string;
    } catch {
      return match[0].slice(1, -1);
    }
  }

  private bare(): ConfigValue {
    const pattern = /[^\n,}\]#"{[]+/y;
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    const word = match?.[0].trim() ?? "";
    if (word === "") this.fail("expected a value");
    this.at += match?.[0].length ?? 0;
    if (word === "true" || word === "false") return word === "true";
    if (word === "null") return null;
    return /^-?\d+(\.\d+([eE][+-]?\d+)?)?$/.test(word) ? Number(word) : word;
  }
}

function nest(path: string[], value: ConfigValue): ConfigObject {
  return path.reduceRight<ConfigValue>((inner, key) => ({ [key]: inner }), value) as ConfigObject;
}
