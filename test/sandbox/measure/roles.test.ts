import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "../../../sandbox/chart/lines";
import { terminalChart } from "../../../sandbox/chart/terminal";
import { checkInvariants } from "../../../sandbox/measure/invariants";
import { makeReport, type Measured } from "../../../sandbox/measure/make-report";
import { goodUpgrade } from "./synthetic";
import { goodUpgradeWithReplicants } from "./with-replicants";

const broken = (measured: Measured): string[] => {
  const report = makeReport(measured);
  return report.checks.filter(({ pass }) => !pass).map(({ name }) => name);
};

test("A graceful upgrade of cores and replicants keeps every limit and every invariant", () => {
  const report = makeReport(goodUpgradeWithReplicants());
  assert.deepEqual(report.sets, { blue: "emqx-replicant-cccc", green: "emqx-replicant-dddd" });
  assert.deepEqual(report.coreSets, { blue: "emqx-core-aaaa", green: "emqx-core-bbbb" });
  assert.deepEqual(report.roles, {
    replicantWithoutCore: 0,
    dashboardEndpointsCoresOnly: true,
    listenerEndpointsReplicantsOnly: true,
  });
  assert.equal(report.balance, 1);
  assert.equal(report.minReadyEndpoints, 3);
  assert.equal(report.blueDeletions.length, 6, "old pods of both roles");
  assert.deepEqual(report.timeline.at(-1)?.bySet, {
    "emqx-replicant-cccc": 0,
    "emqx-replicant-dddd": 300,
  });
  assert.deepEqual(
    report.checks.filter(({ pass }) => !pass),
    [],
  );
  assert.deepEqual(checkInvariants(report), []);
});

test("EMQX's own states of the evacuated nodes are in the report, with one whole entry", () => {
  const { nodeEvacuationStates, waitingTakeoverSample } = makeReport(goodUpgradeWithReplicants());
  assert.deepEqual(nodeEvacuationStates, {
    "emqx@10.88.1.1": ["evicting_conns", "waiting_takeover", "evicting_sessions", "prohibiting"],
  });
  assert.equal(waitingTakeoverSample?.connection_goal, 5);
});

test("What only roles can do wrong breaks its limit", () => {
  const cases: [string, RegExp, (measured: Measured) => void][] = [
    [
      "replicantWithoutCore",
      /without a core of its release/,
      ({ log }) => {
        for (const pod of log.objects) {
          const isBlueCore = pod.revision === "aaaa" && pod.kind === "Pod";
          if (isBlueCore) pod.deletingAt = (pod.goneAt ?? 0) - 4500;
        }
      },
    ],
    [
      "dashboardEndpointsCoresOnly",
      /replicant was behind the dashboard/,
      ({ log, startedAt }) =>
        void log.dashboardEndpoints.push({
          t: startedAt + 22_000,
          pods: ["emqx-replicant-dddd-7d9f-x2z0"],
        }),
    ],
    [
      "listenerEndpointsReplicantsOnly",
      /core was behind the listeners/,
      ({ log, startedAt, fleet }) =>
        void log.endpoints.splice(1, 0, {
          t: startedAt + 20_050,
          pods: [...fleet.pods.slice(3), "emqx-core-bbbb-0"],
        }),
    ],
    [
      "balance",
      /^$/,
      ({ fleet }) => {
        const last = fleet.samples.at(-1);
        if (last) last.byPod = [0, 0, 0, 120, 90, 90];
      },
    ],
  ];
  for (const [name, invariant, spoil] of cases) {
    const measured = goodUpgradeWithReplicants();
    spoil(measured);
    assert.deepEqual(broken(measured), [name]);
    const lines = checkInvariants(makeReport(measured)).join("\n");
    assert.match(lines, invariant);
  }
});

test("A replicant of another release than the running cores is a replicant without a core", () => {
  const measured = goodUpgradeWithReplicants();
  const first = measured.log.objects.find(({ name }) => name === "emqx-core-bbbb-0");
  for (const pod of measured.log.objects) {
    if (pod.role === "core" && pod.revision === "bbbb" && pod.kind === "Pod") {
      pod.image = measured.terms.from;
    }
  }
  assert.ok(first);
  assert.deepEqual(broken(measured), ["replicantWithoutCore"]);
});

test("Without replicants nothing is asked about roles", () => {
  const report = makeReport(goodUpgrade());
  assert.equal(report.roles, undefined);
  assert.equal(report.coreSets, undefined);
  assert.ok(!report.checks.some(({ name }) => name === "balance"));
});

test("When only the replicants are new, the cores stay and are not looked for as old", () => {
  const measured = goodUpgradeWithReplicants();
  const { log } = measured;
  log.objects = log.objects.filter(({ role, revision }) => role !== "core" || revision !== "bbbb");
  for (const object of log.objects) {
    if (object.revision === "aaaa") {
      delete object.deletingAt;
      delete object.goneAt;
    }
    if (object.kind === "Pod") object.image = measured.terms.from;
  }
  log.dashboardSelections.pop();
  log.dashboardEndpoints.pop();
  const report = makeReport(measured);
  assert.deepEqual(report.coreSets, { blue: "emqx-core-aaaa", green: "emqx-core-aaaa" });
  assert.deepEqual(
    report.checks.filter(({ pass }) => !pass),
    [],
  );
});

test("A change in place has no old set, and is not held to an upgrade's pace", () => {
  const measured = goodUpgrade();
  const { log, fleet } = measured;
  log.selections.pop();
  log.dashboardSelections.pop();
  log.objects = log.objects.filter(({ revision }) => revision === "aaaa");
  for (const object of log.objects) {
    if (object.name === "emqx-core-aaaa-2") continue;
    delete object.deletingAt;
    delete object.goneAt;
  }
  log.endpoints = [log.endpoints[0] ?? { t: 0, pods: [] }];
  measured.terms.switches = false;
  fleet.disconnects = [];
  fleet.attempts = [];
  const report = makeReport(measured);
  assert.equal(report.switched, false);
  assert.deepEqual(report.sets, { blue: "emqx-core-aaaa", green: "emqx-core-aaaa" });
  assert.deepEqual(
    report.blueDeletions.map(({ pod }) => pod),
    ["emqx-core-aaaa-2"],
  );
  assert.ok(!report.checks.some(({ name }) => name === "upgradeSeconds"));
  assert.equal(linesOf(report).length, 2);
});

test("A set that is scaled out is expected to have at first what it had before", () => {
  const measured = goodUpgrade();
  const { log, startedAt } = measured;
  log.selections.pop();
  log.objects = log.objects.filter(({ revision }) => revision === "aaaa");
  measured.terms.switches = false;
  measured.terms.replicas = 5;
  const [before] = log.endpoints;
  assert.ok(before);
  log.endpoints = [before, { t: startedAt + 20_000, pods: [...before.pods, "x", "y"] }];
  const { desiredReplicas, minReadyEndpoints } = makeReport(measured);
  assert.deepEqual([desiredReplicas, minReadyEndpoints], [3, 3]);
});

test("Replicants that go to zero are the old set, and the cores stay", () => {
  const measured = goodUpgradeWithReplicants();
  const { log, startedAt, fleet } = measured;
  log.objects = log.objects.filter(({ revision }) => ["aaaa", "cccc"].includes(revision));
  for (const object of log.objects) {
    if (object.revision !== "aaaa") continue;
    delete object.deletingAt;
    delete object.goneAt;
  }
  log.selections = [
    { t: startedAt - 60_000, revision: "cccc" },
    { t: startedAt + 20_000, revision: "aaaa" },
  ];
  log.dashboardSelections.pop();
  log.dashboardEndpoints.pop();
  const cores = [0, 1, 2].map((i) => `emqx-core-aaaa-${i}`);
  fleet.pods = [...fleet.pods.slice(0, 3), ...cores];
  log.endpoints = log.endpoints.map((state, i) => (i === 0 ? state : { ...state, pods: cores }));
  measured.terms.replicants = 0;
  const report = makeReport(measured);
  assert.deepEqual(report.sets, { blue: "emqx-replicant-cccc", green: "emqx-core-aaaa" });
  assert.equal(report.blueDeletions.length, 3);
  assert.equal(report.roles, undefined);
  assert.deepEqual(
    report.checks.filter(({ pass }) => !pass),
    [],
  );
});

test("The picture has the cores of each colour beside the sets that serve", () => {
  const report = makeReport(goodUpgradeWithReplicants());
  assert.deepEqual(
    linesOf(report).map(({ role }) => role),
    ["total", "blue", "green", "blue-core", "green-core"],
  );
  const text = terminalChart(report, { width: 100, height: 16, colours: false });
  assert.match(text, /emqx-core-aaaa \(old cores\).*emqx-core-bbbb \(cores\)/);
  assert.match(text, /emqx-replicant-cccc \(old, emqx\/emqx:6\.0\.1\)/);
});
