import assert from "node:assert/strict";
import test from "node:test";
import type { Range } from "../../../sandbox/prometheus/api";
import { prometheusChart } from "../../../sandbox/prometheus/chart";
import { mainPanel, summary } from "../../../sandbox/prometheus/upgrade";

const line = (set: string, pod: string, values: [number, number][]): Range => ({
  labels: { instance_set: set, pod },
  points: values.map(([time, value]) => ({ time, value })),
});

const nodes = [
  line("new", "new-0", [
    [1003, 0],
    [1004, 30],
    [1005, 60],
  ]),
  line("old", "old-0", [
    [1000, 60],
    [1001, 60],
    [1004, 30],
  ]),
];
const total: Range = {
  labels: {},
  points: [1000, 1001, 1002, 1003, 1004, 1005].map((time) => ({ time, value: 60 })),
};
const chart = () =>
  prometheusChart({
    title: "A < B",
    query: "sum(x)",
    nodes,
    total,
    start: 1000,
    zero: 1001,
    end: 1006,
  });

test("the picture has a line per node and one of the total, named in the legend", () => {
  const svg = chart();
  assert.equal(svg.match(/<path /g)?.length, 3);
  for (const label of ["Total", "old-0", "new-0"])
    assert.match(svg, new RegExp(`>${label}</text>`));
  assert.ok(svg.indexOf(">old-0<") < svg.indexOf(">new-0<"), "the older set comes first");
  assert.match(svg, /A &lt; B/);
});

test("a line is broken where samples are missing", () => {
  const [, old = ""] = [...chart().matchAll(/ d="([^"]*)"/g)].map(([, d = ""]) => d);
  assert.equal(old.match(/M/g)?.length, 2);
  assert.equal(old.match(/L/g)?.length, 1);
});

test("the main queries are those of the dashboard's first panel", () => {
  const queries = [
    { expr: "by node", legend: "{{pod}}" },
    { expr: "all", legend: "Total" },
  ];
  assert.deepEqual(mainPanel([{ title: "", queries }]), { nodes: "by node", total: "all" });
  assert.throws(
    () => mainPanel([{ title: "", queries: [] }]),
    /a query per node and one of the total/,
  );
});

test("the summary tells the total's extremes and each set's clients before and after", () => {
  assert.deepEqual(summary(nodes, total), [
    "total: 60 to 60 clients in 6 samples",
    "set new: 1 nodes, 0 clients before, 60 after",
    "set old: 1 nodes, 60 clients before, 0 after",
  ]);
});
