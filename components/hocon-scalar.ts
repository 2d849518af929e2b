/** What a scalar means to EMQX: `1MB`, `"1MB"` and `1048576` are the same, and so are `15s` and `15000`. */
const BYTES: Record<string, number> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };
const MILLISECONDS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Text that is equal for scalars that mean the same; `written` as in HOCON, quotes included. */
export function scalarOf(written: string): string {
  const text = unquoted(written);
  const plain = text.trim().toLowerCase();
  const number = bytesOf(plain) ?? durationOf(plain) ?? numberOf(plain);
  if (number !== undefined) return String(number);
  if (["true", "false", "infinity", "disabled", "null"].includes(plain)) return plain;
  // A list of scalars may be written as one: "a, b".
  return text
    .split(",")
    .map((item) => item.trim())
    .join(",");
}

/** The string in quotes of any kind, or the text itself. */
export function unquoted(written: string): string {
  const triple = /^"""([^]*)"""$/.exec(written)?.[1];
  if (triple !== undefined) return triple;
  if (!/^"[^]*"$/.test(written)) return written;
  try {
    return String(JSON.parse(written));
  } catch {
    return written.slice(1, -1);
  }
}

function bytesOf(text: string): number | undefined {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)$/.exec(text) ?? [];
  return amount ? Math.round(Number(amount) * (BYTES[unit] ?? 1)) : undefined;
}

/** `15s`, `1h30m`. */
function durationOf(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[smhdw])\s*)+$/.test(text)) return undefined;
  return [...text.matchAll(/([\d.]+)(ms|[smhdw])/g)].reduce(
    (sum, [, amount = "0", unit = ""]) => sum + Number(amount) * (MILLISECONDS[unit] ?? 0),
    0,
  );
}

function numberOf(text: string): number | undefined {
  const [, digits, percent] = /^(-?\d+(?:\.\d+)?(?:e-?\d+)?)(%?)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  // Beyond this a number would no longer be exact, and then it is a name.
  return Math.abs(Number(digits)) > Number.MAX_SAFE_INTEGER
    ? undefined
    : Number(digits) / (percent ? 100 : 1);
}
