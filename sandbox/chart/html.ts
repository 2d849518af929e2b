import type { Report } from "../measure/report";
import { escape } from "./escape";
import { linesOf } from "./lines";
import { style } from "./style";
import { svgChart } from "./svg";
import { summaryRows } from "./table";

/** One HTML file that needs nothing else: picture, figures, phases and checks, light and dark. */
export function htmlReport(report: Report): string {
  const failed = report.checks.filter(({ pass }) => !pass).length;
  const verdict =
    failed === 0
      ? `<p class="verdict good">Graceful: all ${report.checks.length} limits are kept.</p>`
      : `<p class="verdict bad">Not graceful: ${failed} of ${report.checks.length} limits are broken.</p>`;
  const legend = linesOf(report).map(
    ({ role, label }) => `<li><i class="${role}"></i>${escape(label)}</li>`,
  );
  const summary = summaryRows(report).map(
    ([label, value]) => `<tr><th scope="row">${escape(label)}</th><td>${escape(value)}</td></tr>`,
  );
  const phases = report.phases.map(
    ({ name, seconds }) =>
      `<tr><th scope="row">${escape(name)}</th><td class="number">${seconds.toFixed(1)} s</td></tr>`,
  );
  const checks = report.checks.map(
    ({ name, limit, figure, pass }) =>
      `<tr class="${pass ? "pass" : "fail"}"><td class="sign">${pass ? "✓" : "✗"}</td>` +
      `<th scope="row">${escape(name)}</th><td>${escape(limit)}</td><td>${escape(figure)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Upgrade of ${escape(report.cluster)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<h1>Blue-green upgrade of <code>${escape(report.cluster)}</code></h1>
<p>${escape(report.from)} → ${escape(report.to)}, ${escape(report.startedAt.slice(0, 16).replace("T", " "))} UTC</p>
${verdict}
</header>
<figure>
<ul class="legend">${legend.join("")}</ul>
${svgChart(report)}
</figure>
<section class="tables">
<div><h2>Figures</h2><table>${summary.join("")}</table></div>
<div><h2>Phases</h2><table>${phases.join("")}</table></div>
</section>
<section>
<h2>Limits</h2>
<table class="checks"><thead><tr><th></th><th>Figure</th><th>Limit</th><th>Measured</th></tr></thead>
<tbody>${checks.join("")}</tbody></table>
</section>
<footer>Measured by the clients and at the API server, not by the rollout itself.</footer>
</main>
</body>
</html>
`;
}
