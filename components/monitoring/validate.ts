/** `monitoring`, judged offline: all problems at once, unknown values skipped. */
import { annotations, dnsName, labels } from "../kubernetes-rules";
import { flag, integer, isObject, object, text, type Problem, type Rule } from "../shape";

const duration = text("a Prometheus duration such as `10s` or `1m`", /^[1-9]\d*(ms|s|m|h)$/);

const monitoring = object({
  podMonitor: switchOr({ interval: duration, labels, basicAuthSecret: dnsName }),
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
    annotations,
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
