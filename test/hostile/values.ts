/** Values that programs should not give but do: what the property tests are made of. */
import fc from "fast-check";

/** The seed of a run, printed by each test; set SEED to replay it, CASES for more or fewer cases. */
export const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
export const cases = (usual: number): number => Number(process.env.CASES ?? usual);

/** Milliseconds that judging one set of arguments may take, on a machine that is busy. */
export const PATIENCE = 20_000;

/** A secret that must never be found in a message. */
export const CANARY = "c4n4ry-S3cret";

/** Strings that mean something to some reader: HOCON, a shell, a URL, a header, a file of lines. */
export const strings: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "emqx",
    "emqx-1",
    "Emqx",
    "emqx.a",
    "-emqx",
    "emqx-",
    "1emqx",
    "a".repeat(38),
    "a".repeat(39),
    "a".repeat(63),
    "a".repeat(64),
    "a".repeat(253),
    "a".repeat(254),
    "häuptling",
    "名前",
    "\u{1f600}",
    "e\u0301",
    "\u202eevil",
    "cluster.local",
    "cluster.local.",
    "cluster..local",
    "10.0.0.1",
    "fd00::1",
    "[fd00::1]",
    `${"a".repeat(63)}.`.repeat(4) + "x",
    "__proto__",
    "constructor",
    "toString",
    "${HOME}",
    "${?HOME}",
    "$(POD_NAME)",
    '"',
    '\\"',
    "\\",
    "a\\",
    '"""',
    "\n",
    "\r\n",
    "key:secret",
    "x\ny:z",
    "x\r\nauthorization: Basic eA==",
    "../../other",
    "a/b",
    "?a=b#c",
    "%0a",
    "@",
    "#",
    "//",
    "{",
    "]",
    "null",
    "true",
    "1e308",
    "5",
    "50%",
    "\0",
    "\u0001",
    "\u2028",
    "\ud800",
    "\udc00x",
    "04da6b54-80e4-46f7-96ec-b56ff0331ba",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ maxLength: 80 }),
);

const numbers = fc.constantFrom(
  0,
  -0,
  1,
  -1,
  0.5,
  1e-7,
  999,
  1000,
  1001,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53,
  1e21,
  1e308,
  NaN,
  Infinity,
  -Infinity,
);

const cyclic = (): object => {
  const one: Record<string, unknown> = {};
  one.a = one;
  one.b = [one];
  return one;
};

const laughs = (): object => {
  let value: unknown = "ha";
  for (let i = 0; i < 12; i++) value = Array.from({ length: 10 }, () => value);
  return { value };
};

export const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = { a: value };
  return value;
};

/** Values of a wrong kind, some of which cannot be written down at all. */
export const oddities: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, false, [], {}, [null], [[]], { then: 1 }),
  fc
    .constantFrom<() => unknown>(
      () => () => CANARY,
      () => Symbol(CANARY),
      () => 10n ** 30n,
      () => new Date(0),
      () => new Map([["a", 1]]),
      () => new Set([1]),
      () => Buffer.from(CANARY),
      () => /x/,
      () => new Error(CANARY),
      () => Object.create(null) as object,
      () => JSON.parse('{"__proto__": {"image": "emqx/emqx:6.1.0", "polluted": true}}') as object,
      () => ({ constructor: { prototype: { polluted: true } } }),
      () => ({ __pulumiOutput: true }),
      () => ({ __pulumiResource: true }),
      () => ({ "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" }),
      cyclic,
      laughs,
      () => deep(10_000),
      () => "x".repeat(1_048_577),
      () => [, 1],
    )
    .map((make) => make()),
  numbers,
  strings,
);

/** Plain JSON as a configuration might have it, names and texts as odd as can be. */
export const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    strings,
    numbers.filter(Number.isFinite),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.stringMatching(/^[a-z_]{1,8}$/), strings), tie("value"), {
      maxKeys: 4,
    }),
  ),
})).value;

/** A copy of `base` in which the value at one random path is another. */
export function spoilt<T extends object>(base: T): fc.Arbitrary<unknown> {
  const paths = pathsOf(base, []);
  return fc
    .tuple(fc.constantFrom(...paths), oddities, fc.oneof(fc.constant(undefined), strings))
    .map(([path, value, extra]) => {
      const at = extra === undefined ? path : [...path.slice(0, -1), extra];
      return replaced(base, at, value);
    });
}

function pathsOf(value: unknown, path: string[]): string[][] {
  const own = path.length > 0 ? [path] : [];
  if (typeof value !== "object" || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([key, v]) => pathsOf(v, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((item, index) => (String(index) === key ? replaced(item, rest, by) : item));
  }
  const copy = { ...(value as object) };
  const inner = replaced((value as Record<string, unknown>)[key], rest, by);
  Object.defineProperty(copy, key, {
    value: inner,
    enumerable: true,
    writable: true,
    configurable: true,
  });
  return copy;
}
