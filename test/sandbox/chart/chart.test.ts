import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { htmlReport } from "../../../sandbox/chart/html";
import { clock, ticks, timeTicks } from "../../../sandbox/chart/scale";
import { terminalTable } from "../../../sandbox/chart/table";
import { terminalChart } from "../../../sandbox/chart/terminal";
import { makeReport } from "../../../sandbox/measure/make-report";
import { goodUpgrade } from "../measure/synthetic";

const report = makeReport(goodUpgrade());

test("The terminal's picture keeps to its width and shows where the lines are", () => {
  const text = terminalChart(report, { width: 100, height: 16, colours: false });
  const rows = text.split("\n");
  assert.ok(!text.includes("\u001b"), "no colours where none are wanted");
  for (const row of rows.slice(2)) assert.ok([...row].length <= 106, `${row.length}: ${row}`);
  assert.match(rows[0] ?? "", /Total.*emqx-core-aaaa \(old.*emqx-core-bbbb \(new/);
  const top = rows.find((row) => row.startsWith(" 300 ┤")) ?? "";
  assert.ok((top.match(/[\u2801-\u28ff]/g) ?? []).length > 60, "the total stays at the top");
  const bottom = rows.find((row) => /^ +0 ┤/.test(row)) ?? "";
  const dots = [...bottom].map((char) => char >= "\u2801" && char <= "\u28ff");
  assert.ok(dots.indexOf(true) < 12 && dots.lastIndexOf(true) > 85, "a set is at 0 on each side");
  assert.match(text, /WaitGreen.*Promote.*Evacuate/);
});

test("Colours change nothing but colours", () => {
  const options = { width: 100, height: 16 };
  const coloured = terminalChart(report, { ...options, colours: true });
  assert.notEqual(coloured, terminalChart(report, { ...options, colours: false }));
  assert.equal(
    stripVTControlCharacters(coloured),
    terminalChart(report, { ...options, colours: false }),
  );
});

test("The table marks limits that are broken", () => {
  const bad = makeReport({ ...goodUpgrade(), estimateSeconds: 200 });
  const text = terminalTable(bad, false);
  assert.match(text, /✓ sessionsLost/);
  assert.match(text, /✗ estimateSeconds/);
});

test("The HTML file needs nothing from elsewhere and escapes what it is given", () => {
  const html = htmlReport({ ...report, to: '<script>alert("x")</script>' });
  assert.ok(!html.includes("<script"));
  assert.ok(!/(?:src|href)=|url\(|@import/.test(html));
  assert.match(html, /prefers-color-scheme: dark/);
  assert.equal((html.match(/<path class="line /g) ?? []).length, 3);
  assert.match(html, /Graceful: all \d+ limits are kept/);
  const blue = /<path class="line blue" d="([^"]+)"/.exec(html)?.[1] ?? "";
  const heights = blue
    .split(/[ML]/)
    .slice(1)
    .map((point) => Number(point.split(" ")[1]));
  assert.ok((heights[0] ?? 0) < (heights.at(-1) ?? 0), "the old set's line falls");
  assert.ok(heights.every(Number.isFinite));
});

test("Axes have round numbers", () => {
  assert.deepEqual(ticks(3000, 4), [0, 1000, 2000, 3000]);
  assert.deepEqual(ticks(10_000, 5), [0, 2000, 4000, 6000, 8000, 10_000]);
  assert.deepEqual(timeTicks(-5, 62, 8), [0, 10, 20, 30, 40, 50, 60]);
  assert.deepEqual([clock(-5), clock(65), clock(0)], ["-0:05", "1:05", "0:00"]);
});
