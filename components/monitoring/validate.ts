/** `monitoring`, judged offline: all problems at once, unknown values skipped. */
import {
  all,
  flag,
  integer,
  isObject,
  object,
  record,
  text,
  type Problem,
  type Rule,
} from "../shape";

const labels = all(
  record(
    text(
      "a label value: at most 63 letters, digits, `-`, `_` or `.`",
      /^([A-Za-z\d]([-\w.]{0,61}[A-Za-z\d])?)?$/,
    ),
  ),
  keysOf("a label's", /^([a-z\d]([-a-z\d.]*[a-z\d])?\/)?[A-Za-z\d]([-\w.]{0,61}[A-Za-z\d])?$/),
);
const secretName = text(
  "the name of a Secret",
  /^(?=.{1,253}$)[a-z\d]([-a-z\d]*[a-z\d])?(\.[a-z\d]([-a-z\d]*[a-z\d])?)*$/,
);
const duration = text("a Prometheus duration such as `10s` or `1m`", /^[1-9]\d*(ms|s|m|h)$/);

const monitoring = object({
  podMonitor: switchOr({ interval: duration, labels, basicAuthSecret: secretName }),
  prometheusRule: switchOr({
    labels,
    stuckMinutes: integer(1, 1440),
    dipPercent: integer(1, 99),
    dipMinutes: integer(1, 60),
    dipMinimum: integer(1),
    stoppedMinutes: integer(1, 1440),
    licenseDays: integer(1, 3650),
    sessionPercent: integer(1, 100),
    licensedSessions: integer(1),
  }),
  grafanaDashboard: switchOr({
    labels,
    annotations: record(text("a string", /^[^]*$/)),
    folder: text(),
  }),
});

/** Every problem of `monitoring`; empty when it is right or absent. */
export function validateMonitoring(value: unknown, path = "monitoring"): Problem[] {
  const problems: Problem[] = [];
  if (value !== undefined) monitoring(value, path, problems);
  return problems;
}

/** `true`, `false` or the settings of a part. */
function switchOr(fields: Record<string, Rule>): Rule {
  const settings = object(fields);
  return (value, path, problems) => (isObject(value) ? settings : flag)(value, path, problems);
}

function keysOf(whose: string, pattern: RegExp): Rule {
  return (value, path, problems) => {
    for (const key of isObject(value) ? Object.keys(value) : []) {
      if (pattern.test(key)) continue;
      const reason = `Expected every key of \`${path}\` to be ${whose} key, got \`${key}\`.`;
      problems.push({ property: path, reason });
    }
  };
}
