import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { statusOf } from "../../components/rollout/status";
import { emptyRecord } from "../../components/rollout/record";
import type { Site } from "../../components/rollout/types";
import { blues, cluster, evacuating, greens, node, on, record, replicant } from "./fixtures";

const site: Site = {
  name: "c",
  namespace: "ns",
  clusterDomain: "cluster.local",
  dashboardPort: 18083,
  apiKeySecret: { name: "s", key: "k" },
  licenseConfigured: true,
};
const v4: Site = { ...site, dialect: "v4" };

/** As document 000 prints it. */
const documented = {
  connection_eviction_rate: 200,
  node: "emqx-ee@emqx-ee-54fc496fb4-2.emqx-ee-headless.default.svc.cluster.local",
  session_eviction_rate: 200,
  session_goal: 0,
  connection_goal: 22,
  session_recipients: [
    "emqx-ee@emqx-ee-5d87d4c6bd-2.emqx-ee-headless.default.svc.cluster.local",
    "emqx-ee@emqx-ee-5d87d4c6bd-1.emqx-ee-headless.default.svc.cluster.local",
  ],
  state: "waiting_takeover",
  stats: { current_connected: 0, current_sessions: 0, initial_connected: 33, initial_sessions: 0 },
};

test("nodes are told by role with the operator's names", () => {
  const observation = cluster([
    node("green", 0, { otpRelease: "26", edition: "Enterprise", connections: 3 }),
    replicant("r", 1, { liveConnections: 2 }),
    replicant("r", 2, { reachable: false }),
  ]);
  const status = statusOf({ record: emptyRecord(), observation, phase: "Done", site });
  assert.deepEqual(JSON.parse(JSON.stringify(status.coreNodes)), [
    {
      node: "emqx@c-core-green-0",
      node_status: "running",
      role: "core",
      version: "6.1.0",
      otp_release: "26",
      edition: "Enterprise",
      connections: 3,
      live_connections: 0,
    },
  ]);
  assert.deepEqual(
    status.replicantNodes.map((each) => [each.role, each.node_status, each.live_connections]),
    [
      ["replicant", "running", 2],
      ["replicant", "unknown", 0],
    ],
  );
  assert.equal("emqxNodes" in status, false);
});

describe("evacuations", () => {
  test("have exactly the documented fields and values, whatever else EMQX tells", () => {
    const evacuations = [
      { ...documented, process: "evacuation", stats: { ...documented.stats, x: 1 } },
    ];
    const status = statusOf({ record: emptyRecord(), evacuations, phase: "Evacuate", site });
    assert.deepEqual(status.nodeEvacuationsStatus, [documented]);
    assert.equal(
      Object.keys(status.nodeEvacuationsStatus[0] ?? {}).join(),
      Object.keys(documented).join(),
    );
  });

  test("are worded alike from the nodes' own answers when nobody was asked", () => {
    const observation = cluster([
      node("blue", 0, { ...evacuating("evicting_conns"), liveConnections: 7, connections: 9 }),
      node("blue", 1),
      node("blue", 2, { evacuation: { state: "unsupported" } }),
    ]);
    const status = statusOf({ record: emptyRecord(), observation, phase: "Evacuate", site });
    assert.deepEqual(status.nodeEvacuationsStatus, [
      {
        connection_eviction_rate: 100,
        node: "emqx@c-core-blue-0",
        session_eviction_rate: 50,
        session_goal: 0,
        connection_goal: 0,
        session_recipients: ["emqx@c-core-green-0", "emqx@c-core-green-1"],
        state: "evicting_conns",
        stats: {
          current_connected: 7,
          current_sessions: 2,
          initial_connected: 0,
          initial_sessions: 0,
        },
      },
    ]);
    const asked = statusOf({
      record: emptyRecord(),
      observation,
      evacuations: [],
      phase: "",
      site,
    });
    assert.deepEqual(asked.nodeEvacuationsStatus, []);
  });
});

describe("conditions", () => {
  const conditions = (active: string, observation = cluster(greens()), phase = "Done") =>
    statusOf({ record: { ...emptyRecord(), active }, observation, phase, site }).conditions.map(
      ({ type, status, reason }) => `${type}=${status} ${reason}`,
    );

  test("availability is that of the nodes that serve", () => {
    assert.deepEqual(conditions("green"), ["Available=True 2 nodes ready", "Ready=True Done"]);
    assert.deepEqual(conditions("other", cluster(greens()), "WaitGreen"), [
      "Available=False 0 nodes ready",
      "Ready=False WaitGreen",
    ]);
  });

  test("with replicants they serve, and each role has its own", () => {
    assert.deepEqual(conditions("green/r", cluster([...greens(), replicant("r", 1)])), [
      "Available=True 1 nodes ready",
      "Ready=True Done",
      "CoreNodesReady=True 2 nodes ready",
      "ReplicantNodesReady=True 1 nodes ready",
    ]);
    assert.equal(conditions("green/r")[0], "Available=False 0 nodes ready");
  });
});

describe("EMQX 4.4", () => {
  test("nodes are told as document 002 prints them", () => {
    const observation = cluster([
      node("green", 0, { version: "4.4.12", otpRelease: "24.3.4.2/12.3.2.2", edition: "x" }),
    ]);
    const status = statusOf({ record: emptyRecord(), observation, phase: "Done", site: v4 });
    assert.deepEqual(status.emqxNodes, [
      {
        node: "emqx@c-core-green-0",
        node_status: "Running",
        otp_release: "24.3.4.2/12.3.2.2",
        version: "4.4.12",
      },
    ]);
    assert.equal(status.blueGreenUpdateStatus, undefined);
  });

  test("an upgrade under way tells both sets and the evacuations", () => {
    const observation = { ...cluster([...blues(), ...greens()]), service: on("green", []) };
    const facts = { observation, evacuations: [documented], phase: "Evacuate", site: v4 };
    const status = statusOf({ record: record(["Evacuate"]), ...facts });
    assert.deepEqual(status.blueGreenUpdateStatus, {
      originStatefulSet: "c-core-blue",
      currentStatefulSet: "c-core-green",
      startedAt: "2026-11-21T11:59:59.000Z",
      evacuationsStatus: [documented],
    });
    const done = record(["Evacuate"], { finishedAt: "2026-11-21T12:00:00Z" });
    assert.equal(statusOf({ record: done, ...facts }).blueGreenUpdateStatus, undefined);
  });
});
