import assert from "node:assert/strict";
import test from "node:test";
import { assertAlerts, of, promtool, rulesFile, target } from "./promtool";
import { temporaryFolder } from "../toolchain/temporary-folder";

// Values are one a minute: `100x30` is 100 for 31 minutes, `100-10x10` falls by 10 each minute.
const LIVE = "emqx_live_connections_count";
const blue = of(LIVE, "blue-0", "blue");
const green = of(LIVE, "green-0", "green");

test("promtool accepts the rules of both dialects and of any thresholds", async (t) => {
  const args = { dipPercent: 33, stuckMinutes: 60, licensedSessions: 5000, stoppedMinutes: 1 };
  for (const given of [{}, args]) {
    for (const dialect of ["v5", "v4"] as const) {
      const file = rulesFile(temporaryFolder(t), given, { ...target, dialect });
      assert.match(await promtool(["check", "rules", file]), /SUCCESS: 7 rules found/);
    }
  }
});

test("an old set that keeps its clients while another serves is stuck", async (t) => {
  const alert = "EmqxEvacuationStuck";
  await assertAlerts(
    t,
    // Blue falls from 100 to 40 while green takes over, then nothing moves.
    { [blue]: "100x9 100-10x6 40x40", [green]: "_x10 0+10x6 60x40" },
    [
      { minute: 9, alert, firing: [] },
      { minute: 24, alert, firing: [] },
      { minute: 32, alert, firing: ['{instance_set="blue"}'] },
      { minute: 50, alert, firing: ['{instance_set="blue"}'] },
    ],
  );
});

test("an evacuation that proceeds, however slowly, is not stuck", async (t) => {
  const alert = "EmqxEvacuationStuck";
  await assertAlerts(t, { [blue]: "100x9 100-1x80 0x5", [green]: "_x10 0+1x80 100x5" }, [
    { minute: 30, alert, firing: [] },
    { minute: 60, alert, firing: [] },
    { minute: 94, alert, firing: [] },
  ]);
});

test("a rollout that waits for the gate, before the Service is switched, is not stuck", async (t) => {
  const alert = "EmqxEvacuationStuck";
  await assertAlerts(t, { [blue]: "100x90", [green]: "_x10 0x80" }, [
    { minute: 60, alert, firing: [] },
    { minute: 89, alert, firing: [] },
  ]);
});

test("an earlier set that is gone makes nobody stuck", async (t) => {
  const alert = "EmqxEvacuationStuck";
  const red = of(LIVE, "red-0", "red");
  const values = { [red]: "50x2", [blue]: "_x3 100x80", [green]: "_x20 0x60" };
  await assertAlerts(t, values, [{ minute: 70, alert, firing: [] }]);
});

test("one set alone is never stuck, and other clusters do not count", async (t) => {
  const alert = "EmqxEvacuationStuck";
  const other = of(LIVE, "other-0", "green", "other");
  await assertAlerts(t, { [blue]: "100x90", [other]: "_x10 100x80" }, [
    { minute: 60, alert, firing: [] },
  ]);
});

test("a loss of more than the share is a dip, for as long as it is measured", async (t) => {
  const alert = "EmqxConnectionsDip";
  await assertAlerts(t, { [blue]: "100x10 70x20" }, [
    { minute: 10, alert, firing: [] },
    { minute: 13, alert, firing: ["{}"] },
    { minute: 25, alert, firing: [] },
  ]);
});

test("clients that move from one set to the other are no dip", async (t) => {
  const alert = "EmqxConnectionsDip";
  await assertAlerts(t, { [blue]: "100x9 100-20x5 0x5", [green]: "0x9 0+20x5 100x5" }, [
    { minute: 12, alert, firing: [] },
    { minute: 18, alert, firing: [] },
  ]);
});

test("a small loss, and any loss of a small cluster, is no dip", async (t) => {
  const alert = "EmqxConnectionsDip";
  await assertAlerts(t, { [blue]: "100x10 85x20" }, [{ minute: 13, alert, firing: [] }]);
  await assertAlerts(t, { [blue]: "49x10 5x20" }, [{ minute: 13, alert, firing: [] }]);
  await assertAlerts(t, { [blue]: "49x10 5x20" }, [{ minute: 13, alert, firing: ["{}"] }], {
    dipMinimum: 10,
  });
});

test("EMQX 4.4 is judged by the connections that it counts", async (t) => {
  const series = of("emqx_connections_count", "blue-0", "blue");
  const expected = [{ minute: 13, alert: "EmqxConnectionsDip", firing: ["{}"] }];
  await assertAlerts(t, { [series]: "100x10 10x20" }, expected, {}, { ...target, dialect: "v4" });
});

test("a node that stays stopped is an alert, a short stop is none", async (t) => {
  const alert = "EmqxNodeStopped";
  const stopped = (values: string) => ({
    [of("emqx_cluster_nodes_stopped", "emqx-0")]: values,
    [of("emqx_cluster_nodes_stopped", "emqx-1")]: "0x30",
  });
  await assertAlerts(t, stopped("0x5 1x20"), [
    { minute: 9, alert, firing: [] },
    { minute: 13, alert, firing: ["{}"] },
  ]);
  await assertAlerts(t, stopped("0x5 1x2 0x20"), [{ minute: 13, alert, firing: [] }]);
});

test("a licence that ends soon is an alert; no licence, and a far end, are none", async (t) => {
  const alert = "EmqxLicenseExpiresSoon";
  // The clock of promtool starts at the epoch.
  const ends = (days: number) => ({ [of("emqx_license_expiry_at")]: `${days * 86_400}x20` });
  await assertAlerts(t, ends(29), [{ minute: 10, alert, firing: ["{}"] }]);
  await assertAlerts(t, ends(31), [{ minute: 10, alert, firing: [] }]);
  await assertAlerts(t, ends(0), [{ minute: 10, alert, firing: [] }]);
  await assertAlerts(t, ends(31), [{ minute: 10, alert, firing: ["{}"] }], { licenseDays: 60 });
});

test("sessions near the licence's limit are an alert, counted over all nodes", async (t) => {
  const alert = "EmqxLicenseSessionsNearQuota";
  const sessions = (each: number) => ({
    [of("emqx_sessions_count", "emqx-0")]: `${each}x20`,
    [of("emqx_sessions_count", "emqx-1")]: `${each}x20`,
  });
  const quota = { [of("emqx_license_max_sessions")]: "1000x20" };
  const none = { [of("emqx_license_max_sessions")]: "0x20" };
  const firing = [{ minute: 10, alert, firing: ["{}"] }];
  const silent = [{ minute: 10, alert, firing: [] }];
  await assertAlerts(t, { ...sessions(410), ...quota }, firing);
  await assertAlerts(t, { ...sessions(390), ...quota }, silent);
  await assertAlerts(t, { ...sessions(410), ...none }, silent);
  await assertAlerts(t, sessions(410), silent);
  await assertAlerts(t, sessions(410), firing, { licensedSessions: 1000 });
  await assertAlerts(t, sessions(410), silent, { licensedSessions: 1100 });
});
