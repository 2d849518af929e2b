/** Style sheet of the report. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --ink: #1c2430; --soft: #626d7c; --rule: #e2e6ec;
  --band: #eef1f6; --total: #1c2430; --blue: #2b6fd6; --green: #1c9a55; --bad: #c9302c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #11151b; --card: #191f28; --ink: #e6eaf0; --soft: #97a3b4; --rule: #2c3542;
    --band: #202835; --total: #f2f4f8; --blue: #62a0ff; --green: #45cf86; --bad: #ff7b72;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1140px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 24px; margin: 0; }
h2 { font-size: 16px; margin: 0 0 8px; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; font-size: .92em; }
header p { margin: 4px 0 0; color: var(--soft); }
header .verdict { margin-top: 10px; font-weight: 600; }
.verdict.good { color: var(--green); } .verdict.bad { color: var(--bad); }
figure, section > div, section:not(.tables) { background: var(--card); border: 1px solid var(--rule);
  border-radius: 10px; padding: 18px 20px; margin: 20px 0 0; }
figure svg { display: block; width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 26px; margin: 0 0 10px; padding: 0; list-style: none; }
.legend i { display: inline-block; width: 22px; height: 4px; border-radius: 2px; margin-right: 8px; vertical-align: 4px; }
.legend .total { background: var(--total); } .legend .blue { background: var(--blue); } .legend .green { background: var(--green); }
.tables { display: grid; grid-template-columns: 2fr 1fr; gap: 20px; }
@media (max-width: 760px) { .tables { grid-template-columns: 1fr; gap: 0; } }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; padding: 5px 12px 5px 0; border-top: 1px solid var(--rule); vertical-align: top; }
tr:first-child > * { border-top: 0; } tbody tr:first-child > * { border-top: 1px solid var(--rule); }
.tables tbody tr:first-child > * { border-top: 0; }
th[scope=row] { font-weight: 400; color: var(--soft); }
td { font-variant-numeric: tabular-nums; } td.number { text-align: right; padding-right: 0; }
thead th { font-weight: 600; }
.checks th[scope=row] { color: var(--ink); }
.sign { width: 26px; font-weight: 700; } .pass .sign { color: var(--green); }
.fail .sign, .fail td:last-child { color: var(--bad); font-weight: 700; }
footer { margin-top: 18px; color: var(--soft); font-size: 13px; }
svg text { fill: var(--soft); font-size: 12px; font-family: inherit; }
svg .phase { fill: var(--ink); font-size: 11.5px; }
svg .axis-label { font-size: 12.5px; }
svg .grid { stroke: var(--rule); } svg .axis, svg .mark { stroke: var(--soft); }
svg .leader { stroke: var(--rule); }
svg .band { fill: var(--band); } svg .band.b1 { fill: transparent; }
svg .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
svg .line.total { stroke: var(--total); } svg .line.blue { stroke: var(--blue); } svg .line.green { stroke: var(--green); }
svg .line.blue-core, svg .line.green-core { stroke-width: 1.6; stroke-dasharray: 6 4; }
svg .line.blue-core { stroke: var(--blue); } svg .line.green-core { stroke: var(--green); }
svg .area { opacity: .12; } svg .area.blue { fill: var(--blue); } svg .area.green { fill: var(--green); }
.legend .blue-core { background: repeating-linear-gradient(90deg, var(--blue) 0 6px, transparent 6px 9px); }
.legend .green-core { background: repeating-linear-gradient(90deg, var(--green) 0 6px, transparent 6px 9px); }
@media print { body { background: none; } figure, section > div, section:not(.tables) { break-inside: avoid; } }
`;
