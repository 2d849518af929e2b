import assert from "node:assert/strict";
import { test } from "node:test";
import { checkInvariants } from "../../../sandbox/measure/invariants";
import { makeReport, type Measured } from "../../../sandbox/measure/make-report";
import { goodUpgrade } from "./synthetic";

const broken = (measured: Measured): string[] => {
  const report = makeReport(measured);
  return report.checks.filter(({ pass }) => !pass).map(({ name }) => name);
};

test("A graceful upgrade keeps every limit and every invariant", () => {
  const report = makeReport({ ...goodUpgrade(), estimateSeconds: 45 });
  assert.deepEqual(report.sets, { blue: "emqx-core-aaaa", green: "emqx-core-bbbb" });
  assert.equal(report.boundSeconds, 10 + 300 / 30 + 10 + 0.2);
  assert.equal(report.upgradeSeconds, 32);
  assert.equal(report.ratioToBound, 1.06);
  assert.equal(report.rolloutSeconds, 47);
  assert.equal(report.maxDisconnectsPerClient, 1);
  assert.equal(report.clientsDisconnectedMoreThanOnce, 0);
  assert.equal(report.minConnectedFraction, 0.9);
  assert.equal(report.peakReconnectsPerSecond, 30);
  assert.equal(report.peakDisconnectsPerSecond, 30);
  assert.equal(report.minReadyEndpoints, 3);
  assert.deepEqual(
    report.phases.map(({ name, seconds }) => [name, seconds]),
    [
      ["Start", 5],
      ["CreateGreen", 1],
      ["WaitGreen", 14],
      ["Promote", 10],
      ["Evacuate", 21],
      ["Retire", 1],
    ],
  );
  assert.deepEqual(
    report.checks.filter(({ pass }) => !pass),
    [],
  );
  assert.deepEqual(checkInvariants(report), []);
});

test("Clients that were still arriving when the upgrade began are no dip", () => {
  const measured = goodUpgrade();
  const first = measured.fleet.samples.find(({ t }) => t >= measured.startedAt);
  assert.ok(first);
  first.low = 147;
  assert.equal(makeReport(measured).minConnectedFraction, 0.9);
  first.total = 147;
  assert.equal(makeReport(measured).minConnectedFraction, 0.49);
});

test("The timeline has the total and each set, and begins shortly before the upgrade", () => {
  const { timeline } = makeReport(goodUpgrade());
  assert.deepEqual(timeline[0], {
    t: -5,
    total: 300,
    bySet: { "emqx-core-aaaa": 300, "emqx-core-bbbb": 0 },
  });
  assert.deepEqual(timeline.at(-1)?.bySet, { "emqx-core-aaaa": 0, "emqx-core-bbbb": 300 });
});

test("Each thing that can go wrong breaks its limit and its invariant", () => {
  const t = goodUpgrade().startedAt;
  const cases: [string, RegExp, (measured: Measured) => void][] = [
    ["sessionsLost", /^I6: 1 sessions/, ({ fleet }) => void (fleet.sessionsLost = 1)],
    ["qos1Lost", /^I6: 2 ack/, ({ fleet }) => void (fleet.messages.lost = 2)],
    [
      "maxDisconnectsPerClient",
      /^I4: a client was disconnected 2 times/,
      ({ fleet }) => void fleet.disconnects.push([t + 39_900, 4, 0]),
    ],
    [
      "minReadyEndpoints",
      /^I2: the Service had 2 ready/,
      ({ log }) =>
        void log.endpoints.push({ t: t + 25_000, pods: ["emqx-core-bbbb-0", "emqx-core-bbbb-1"] }),
    ],
    [
      "newConnectionsToBlueAfterSwitch",
      /^$/,
      ({ fleet }) => void fleet.attempts.push([t + 21_200, 0]),
    ],
    [
      "blueObjectsLeft",
      /^I9: old objects/,
      ({ end }) => void end.objectsLeft.push("Pod/emqx-core-aaaa-0"),
    ],
    [
      "evacuationsLeft",
      /^I9: evacuations/,
      ({ end }) => void end.evacuationsLeft.push("emqx@emqx-core-aaaa-0"),
    ],
    [
      "clusterNodes",
      /^I9: emqx@old is listed as stopped/,
      ({ end }) =>
        void end.clusterNodes.push({ node: "emqx@old", version: "", node_status: "stopped" }),
    ],
    [
      "connection dip",
      /^I5: 100 clients were away/,
      ({ fleet }) => {
        const sample = fleet.samples.find((each) => each.t > t + 40_000);
        if (sample) sample.low = 200;
      },
    ],
    [
      "upgradeSeconds",
      /^$/,
      ({ log }) => {
        for (const each of log.objects) if (each.goneAt) each.goneAt += 20_000;
      },
    ],
    [
      "peakReconnectsPerSecond",
      /^$/,
      ({ fleet }) => {
        for (const connect of fleet.connects) if (connect[1] > t) connect[1] = t + 39_000;
      },
    ],
    ["estimateSeconds", /^$/, (measured) => void (measured.estimateSeconds = 80)],
  ];
  for (const [name, invariant, spoil] of cases) {
    const measured = goodUpgrade();
    spoil(measured);
    assert.deepEqual(broken(measured), [name], `limits broken by: ${name}`);
    const lines = checkInvariants(makeReport(measured));
    assert.ok(
      invariant.source === "^$" ? lines.length === 0 : lines.some((line) => invariant.test(line)),
      `invariants broken by ${name}: ${lines.join("; ")}`,
    );
  }
});

test("A pod that is deleted with clients on it, two sets at once and a burst break invariants", () => {
  const measured = goodUpgrade();
  const { startedAt, log, fleet } = measured;
  const pod = log.objects.find(({ name }) => name === "emqx-core-aaaa-2");
  if (pod) pod.deletingAt = startedAt + 38_500;
  log.endpoints.push({
    t: startedAt + 22_000,
    pods: ["emqx-core-aaaa-0", "emqx-core-bbbb-0", "emqx-core-bbbb-1"],
  });
  fleet.disconnects.forEach((each) => (each[0] = startedAt + 39_000));
  const lines = checkInvariants(makeReport(measured));
  assert.ok(
    lines.some((line) => /^I1: 300 clients were evicted in a second/.test(line)),
    lines[0],
  );
  assert.ok(lines.some((line) => /^I2: 2 sets/.test(line)));
  assert.ok(
    lines.some((line) => /^I3: emqx-core-aaaa-2 was deleted at 38.5 s with 100/.test(line)),
  );
});

test("An upgrade whose Service never switched is an error that shows what was seen", () => {
  const measured = goodUpgrade();
  measured.log.selections.pop();
  assert.throws(() => makeReport(measured), /selects another revision.*"aaaa"/);
});
