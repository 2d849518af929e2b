import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { PrometheusRuleArgs, Target } from "../../../components/monitoring/args";
import { ruleGroups } from "../../../components/monitoring/prometheus-rule";
import { execute } from "../../../sandbox/toolchain/execute";
import { ensurePrometheus } from "../../../sandbox/toolchain/prometheus";
import { temporaryFolder } from "../toolchain/temporary-folder";

export const target: Target = {
  name: "emqx",
  namespace: "default",
  dialect: "v5",
  dashboardPortName: "dashboard",
};

/** One minute apart, in promtool's notation: `100+0x30 80-2x10`. */
export type SeriesValues = Record<string, string>;

/** Sets for which an alert must fire at a time; none: it must not fire. */
export interface Expected {
  minute: number;
  alert: string;
  /** Labels that tell the firing alerts apart, such as `{instance_set="blue"}`. */
  firing: string[];
}

/** A series of the watched cluster. */
export function of(metric: string, pod = "emqx-0", instanceSet = "blue", cluster = "emqx"): string {
  return `${metric}{namespace="default",emqx_cluster="${cluster}",instance_set="${instanceSet}",pod="${pod}"}`;
}

export async function promtool(args: string[]): Promise<string> {
  const tools = await ensurePrometheus();
  const { ok, stdout, stderr } = await execute(tools.promtool, args, process.env, {
    timeoutSeconds: 60,
  });
  assert.ok(ok, `promtool ${args.join(" ")}:\n${stdout}${stderr}`);
  return stdout;
}

/** Writes the rules as a file of Prometheus. */
export function rulesFile(folder: string, args: PrometheusRuleArgs = {}, of = target): string {
  const file = join(folder, "rules.json");
  writeFileSync(file, JSON.stringify({ groups: ruleGroups(of, args) }));
  return file;
}

/** Lets promtool evaluate the rules over made series, and compare the alerts that fire. */
export async function assertAlerts(
  t: TestContext,
  series: SeriesValues,
  expected: Expected[],
  args: PrometheusRuleArgs = {},
  of: Target = target,
): Promise<void> {
  const folder = temporaryFolder(t);
  const file = join(folder, "test.json");
  const body = {
    rule_files: [rulesFile(folder, args, of)],
    evaluation_interval: "15s",
    tests: [
      {
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: expected.map(({ minute, alert, firing }) => ({
          expr: `sum by (instance_set) (ALERTS{alertname="${alert}",alertstate="firing"})`,
          eval_time: `${minute}m`,
          exp_samples: firing.map((labels) => ({ labels, value: 1 })),
        })),
      },
    ],
  };
  writeFileSync(file, JSON.stringify(body));
  await promtool(["test", "rules", file]);
}
