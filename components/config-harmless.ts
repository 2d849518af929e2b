/** Which settings may be shown and kept in the state: a list of what is known to hold no secret. */

/** Roots of EMQX whose settings are numbers, times and switches. */
const ROOTS = new Set([
  "alarm",
  "auto_subscribe",
  "broker",
  "conn_congestion",
  "crl_cache",
  "delayed",
  "event_message",
  "flapping_detect",
  "force_gc",
  "force_shutdown",
  "limiter",
  "log",
  "mqtt",
  "overload_protection",
  "retainer",
  "rewrite",
  "session",
  "slow_subs",
  "stats",
  "sys_topics",
  "sysmon",
  "telemetry",
  "topic_metrics",
  "trace",
  "zones",
]);

const SECRET_KEY =
  /pass|secret|token|credential|cookie|private|api_?key|auth|header|jwt|licen[cs]e/i;

/** Characters of a value; a longer one tells nothing in a line. */
const MAX_SHOWN = 80;

/** What stands in the place of a value that is not shown. */
export const HIDDEN = "(hidden)";

/** Whether the value of a setting, as written, may be shown and kept. */
export function isHarmless(path: string, value = ""): boolean {
  const [root = "", ...rest] = path.toLowerCase().split(".");
  if (!ROOTS.has(root) || rest.some((key) => SECRET_KEY.test(key))) return false;
  return value.length <= MAX_SHOWN && !/[\n{]|:\/\//.test(value) && !SECRET_KEY.test(value);
}
