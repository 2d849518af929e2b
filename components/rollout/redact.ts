/** What stands in the place of a secret. */
const HIDDEN = "[hidden]";

// `password = "x"`, `--cookie x`, `"api_secret":"x"`, `authorization: Basic x`
const ASSIGNMENT =
  /(?<![\w.-])([\w.-]{0,100}?(?:password|passwd|secret|cookie|token|authorization|credential|license|licence|api[_-]?key)[\w.-]{0,100}["']?\s{0,100}(?:[=:]|\s)\s{0,100})(?:basic\s+|bearer\s+)?("[^"]*"|'[^']*'|[^\s,;}\]]+)/gi;
// `http://user:password@host`, `redis://:password@host`
const IN_URL = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s\/?#"'<>]{1,500}@/gi;
// Keys, tokens and licences that stand alone: long runs of base64.
const LONG_BASE64 = /[A-Za-z0-9+/_=-]{40,}(?:\.[A-Za-z0-9+/_=-]{20,})*/g;
const IS_MIXED = /^(?=[^0-9]*[0-9])(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])/;

/**
 * Takes secrets out of a foreign line (a broker's log, an event) before people see it. It hides
 * what looks like one: our own messages never contain any, a broker's configuration error may.
 */
export function redact(line: string): string {
  return line
    .replace(IN_URL, `$1${HIDDEN}@`)
    .replace(ASSIGNMENT, (whole, name: string, value: string) =>
      isWord(name, value) ? whole : `${name}${HIDDEN}`,
    )
    .replace(LONG_BASE64, (run) => (IS_MIXED.test(run) ? HIDDEN : run));
}

// `secret "x" not found`, `license is expired`: prose in which nothing is assigned.
const isWord = (name: string, value: string): boolean =>
  !/[=:]\s*$/.test(name) && (/^[a-z]+$/.test(value) || /secret\s+$/i.test(name));
