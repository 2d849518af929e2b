import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { look } from "../../components/rollout/look";
import { needsLicence, preflightProblems } from "../../components/rollout/preflight";
import type { PreflightFacts } from "../../components/rollout/preflight-facts";
import type { Desired, NodeObservation } from "../../components/rollout/types";
import { blues, cluster, facts, node, NOW, record, silent, wanted } from "./fixtures";

const judge = (
  changes: Partial<PreflightFacts>,
  nodes: NodeObservation[] = blues(),
  desired: Partial<Desired> = {},
) =>
  preflightProblems(
    facts(changes),
    look(cluster(nodes), { ...wanted(), ...desired }, record(), {}, NOW),
  );

describe("preflight", () => {
  test("finds nothing to say about a healthy cluster", () => {
    assert.deepEqual(judge({}), { problems: [], warnings: [] });
  });

  test("lists the permissions that are missing", () => {
    const { problems } = judge({ missingPermissions: ["create pods/portforward", "patch leases"] });
    assert.match(problems.join(), /create pods\/portforward, patch leases.*docs\/rbac\.md/);
  });

  test("refuses an expired licence with its date", () => {
    const license = { type: "official", expired: true, expiryAt: "2026-10-01" };
    assert.match(judge({ license }).problems.join(), /expired on 2026-10-01/);
    assert.match(
      judge({ license: { ...license, expiryAt: undefined } }).problems.join(),
      /expired\./,
    );
  });

  test("refuses the community licence even for one replica, since blue and green run side by side", () => {
    const license = { type: "community", expired: false };
    assert.match(
      judge({ license }, [node("blue", 0)], wanted({}, 1)).problems.join(),
      /allows 2 nodes/,
    );
    assert.deepEqual(judge({ license }, [], wanted({}, 1)).problems, []);
  });

  test("a first deployment of several nodes needs a licence from 5.9 on", () => {
    const none = { license: undefined, licenseConfigured: false };
    assert.match(judge(none, []).problems.join(), /licence for 2 nodes of emqx\/emqx:6\.1\.0/);
    assert.deepEqual(judge(none, [], wanted({}, 1)).problems, []);
    assert.deepEqual(judge({ license: undefined }, []).problems, []);
    const old = { ...wanted(), image: "emqx/emqx:5.8.6" };
    assert.deepEqual(judge(none, [], old).problems, []);
  });

  test("knows from the tag whether a release needs a licence", () => {
    assert.equal(needsLicence("emqx/emqx:5.9.0"), true);
    assert.equal(needsLicence("registry:5000/emqx/emqx:v6.0.1"), true);
    assert.equal(needsLicence("emqx/emqx-enterprise:5.8.9"), false);
    assert.equal(needsLicence("emqx/emqx:6"), true);
    assert.equal(needsLicence("emqx/emqx:5"), false);
    assert.equal(needsLicence("emqx/emqx-ee:4.4.19"), false);
    assert.equal(needsLicence("emqx/emqx:latest"), false);
  });

  test("says that clients will be cut where there is no evacuation, but only if somebody runs", () => {
    assert.match(judge({ evacuationApi: false }).warnings.join(), /clients of a node are cut/);
    assert.deepEqual(judge({ evacuationApi: false }).problems, []);
    assert.deepEqual(judge({ evacuationApi: false }, []).warnings, []);
  });

  test("refuses a given licence that has expired, with its date", () => {
    const license = { type: "official" as const, expiresOn: "2026-11-20", maxSessions: 100 };
    const { problems } = judge({ license: undefined }, undefined, { license });
    assert.match(problems.join(), /last day was 2026-11-20/);
    const today = { ...license, expiresOn: "2026-11-21" };
    assert.deepEqual(judge({ license: undefined }, undefined, { license: today }).problems, []);
  });

  test("refuses a given single-node licence for a cluster, and takes it for one first node", () => {
    const license = { type: "single-node" as const };
    assert.match(judge({}, undefined, { license }).problems.join(), /single-node licence/);
    const one = judge({ license: undefined }, [], { license, replicas: 1 });
    assert.deepEqual(one.problems, []);
  });

  test("refuses a given licence for fewer sessions than there are, with both numbers", () => {
    const license = { type: "evaluation" as const, maxSessions: 25 };
    const { problems } = judge({ sessions: 26 }, undefined, { license });
    assert.match(problems.join(), /26 sessions.*for 25/s);
    assert.deepEqual(judge({ sessions: 25 }, undefined, { license }).problems, []);
  });

  test("refuses while somebody else's rebalance runs", () => {
    assert.match(judge({ foreignRebalances: ["emqx@a"] }).problems.join(), /found emqx@a/);
  });

  test("refuses while no running node takes the API key", () => {
    assert.deepEqual(judge({ keyRefused: "no such Secret" }).problems, ["no such Secret"]);
  });

  test("warns about blue nodes that are not healthy", () => {
    const { problems, warnings } = judge({}, [node("blue", 0), node("blue", 1, silent)]);
    assert.deepEqual(problems, []);
    assert.match(warnings.join(), /c-core-blue-1/);
  });
});
