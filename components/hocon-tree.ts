/**
 * Reads HOCON text into a tree, for telling which settings changed. Strict where `hocon.ts` is
 * lenient: what it cannot read for certain is a problem with a name, and then nobody may act on
 * a guess. Scalars keep the text that the user wrote, since EMQX is the judge of values.
 */

/** A scalar as written, a list, or an object. */
export type HoconValue = string | HoconValue[] | HoconObject;
export interface HoconObject {
  [key: string]: HoconValue;
}

export type HoconReading = { tree: HoconObject } | { problem: string };

const MAX_DEPTH = 64;

export function readHocon(text: string): HoconReading {
  try {
    return { tree: new Reader(text).document() };
  } catch (error) {
    if (error instanceof Unclear) return { problem: error.message };
    throw error;
  }
}

class Unclear extends Error {}

export const isHoconObject = (value: HoconValue | undefined): value is HoconObject =>
  typeof value === "object" && !Array.isArray(value);

/** A null prototype keeps a key such as `__proto__` an ordinary one. */
export const emptyObject = (): HoconObject => Object.create(null);

/** HOCON's own rule: objects are merged, of anything else the later wins. */
export function mergeHocon(earlier: HoconValue | undefined, later: HoconValue): HoconValue {
  if (!isHoconObject(earlier) || !isHoconObject(later)) return later;
  const merged = Object.assign(emptyObject(), earlier);
  for (const [key, value] of Object.entries(later)) merged[key] = mergeHocon(merged[key], value);
  return merged;
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  document(): HoconObject {
    this.blank();
    const braced = this.take("{");
    const tree = this.fields(1);
    if (braced) {
      if (!this.take("}")) throw this.unclear("an object that does not end");
      this.blank();
    }
    if (this.at < this.text.length) throw this.unclear("something that is no setting");
    return tree;
  }

  /** Settings up to a `}` or the end. */
  private fields(depth: number): HoconObject {
    if (depth > MAX_DEPTH) throw this.unclear(`objects nested deeper than ${MAX_DEPTH}`);
    const object = emptyObject();
    for (;;) {
      this.blank(",");
      if (this.at >= this.text.length || this.text[this.at] === "}") return object;
      if (/include\b(?!\s*[=:{.+])/y.test(this.rest())) throw this.unclear("an `include`");
      const path = this.path();
      this.match(/[^\S\n]+/y);
      if (this.text.startsWith("+=", this.at)) throw this.unclear("a `+=`");
      const assigned = this.take("=") || this.take(":");
      if (assigned) this.blank();
      if (!assigned && this.text[this.at] !== "{") throw this.unclear("a key without a value");
      set(object, path, this.value(depth + 1), () => this.unclear("a list with numbered elements"));
      this.ended();
    }
  }

  private path(): string[] {
    const path: string[] = [];
    do {
      const key = this.quoted() ?? this.match(/[\w\-@/]+/y);
      if (key === undefined) throw this.unclear("something that is no key");
      path.push(key.startsWith('"') ? this.unquote(key) : key);
    } while (this.take("."));
    return path;
  }

  private value(depth: number): HoconValue {
    if (this.take("{")) {
      const object = this.fields(depth);
      if (!this.take("}")) throw this.unclear("an object that does not end");
      return object;
    }
    if (this.take("[")) return this.list(depth);
    return this.scalar();
  }

  private list(depth: number): HoconValue[] {
    if (depth > MAX_DEPTH) throw this.unclear(`lists nested deeper than ${MAX_DEPTH}`);
    const items: HoconValue[] = [];
    for (;;) {
      this.blank(",");
      if (this.take("]")) return items;
      if (this.at >= this.text.length) throw this.unclear("a list that does not end");
      items.push(this.value(depth + 1));
      this.ended();
    }
  }

  private scalar(): string {
    const quoted = this.quoted();
    if (quoted !== undefined) return quoted;
    const plain = this.match(/(?:[^\n,{}[\]"#/$]|\/(?!\/))+/y)?.trimEnd();
    if (this.text[this.at] === "$") throw this.unclear("a substitution");
    // `http://host` is a comment after `http:`, which nobody means.
    if (!plain || (plain.endsWith(":") && this.text[this.at] === "/")) {
      throw this.unclear("a value that cannot be read");
    }
    return plain;
  }

  /** After a value come a comma, a new line, a comment or the end of the object. */
  private ended(): void {
    this.match(/[^\S\n]+/y);
    if (this.at < this.text.length && !/[,\n}\]#]|\/\//y.test(this.rest())) {
      throw this.unclear("a value made of several");
    }
  }

  private quoted(): string | undefined {
    return this.match(/"""[^]*?"""+/y) ?? this.match(/"(?!"")[^"\\\n]*(?:\\.[^"\\\n]*)*"/y);
  }

  private unquote(key: string): string {
    try {
      return String(JSON.parse(key));
    } catch {
      throw this.unclear(`a key that cannot be read`);
    }
  }

  /** White space, comments and, where they may stand, separators. */
  private blank(separators = ""): void {
    const space = separators ? /[\s,]+/y : /\s+/y;
    while (this.match(space) !== undefined || this.match(/(?:#|\/\/)[^\n]*/y) !== undefined);
  }

  private rest = (): string => this.text.slice(this.at, this.at + 64);

  private take(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found || undefined;
  }

  private unclear(what: string): Unclear {
    return new Unclear(`${what} in line ${this.text.slice(0, this.at).split("\n").length}`);
  }
}

function set(object: HoconObject, path: string[], value: HoconValue, clash: () => Error): void {
  const [key = "", ...rest] = path;
  const before = object[key];
  if (rest.length > 0) {
    // EMQX reads `a.1 = x` after `a = [...]` as an element of the list.
    if (Array.isArray(before)) throw clash();
    const inner = isHoconObject(before) ? before : emptyObject();
    object[key] = inner;
    return set(inner, rest, value, clash);
  }
  if (
    isHoconObject(before) !== isHoconObject(value) &&
    Array.isArray(isHoconObject(value) ? before : value)
  ) {
    if (before !== undefined) throw clash();
  }
  object[key] = isHoconObject(before) && isHoconObject(value) ? merge(before, value) : value;
}

/** In place: copies of a growing object would take time with the square of its size. */
function merge(target: HoconObject, later: HoconObject): HoconObject {
  for (const [key, value] of Object.entries(later)) {
    const before = target[key];
    target[key] = isHoconObject(before) && isHoconObject(value) ? merge(before, value) : value;
  }
  return target;
}
