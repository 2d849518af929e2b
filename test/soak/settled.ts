/** What a cluster must be like between two steps, seen from outside. */
import { writesSince } from "../../sandbox/measure/audit";
import { resourceCounts } from "../../sandbox/pulumi-cli";
import { isReady, ROLLOUT } from "../e2e/support/cluster";
import { rolloutOf } from "../e2e/support/faults";
import type { Hands } from "./hands";
import type { Soak } from "./soak";
import type { Goal } from "./step";

/** What is not as the goal wants it, or left over; one line each. */
export async function unsettled(soak: Soak, hands: Hands, goal: Goal): Promise<string[]> {
  const { bench, scenario } = soak;
  const wrong: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown): void => {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (a !== b) wrong.push(`settled: expected ${what} to be ${b}, found ${a}`);
  };
  const pods = await bench.pods(scenario.watched);
  const roleOf = ({ metadata }: (typeof pods)[number]) =>
    metadata.labels?.["app.kubernetes.io/component"] ?? "";
  const shape = pods.map((pod) => [roleOf(pod), pod.spec.containers[0]?.image, isReady(pod)]);
  const nodes = (role: string, count: number) =>
    Array.from({ length: count }, () => [role, goal.image, true]);
  const wanted = [...nodes("core", goal.cores), ...nodes("replicant", goal.replicants)];
  expect("role, image and readiness of the pods", shape.sort(), wanted.sort());
  for (const pod of pods) {
    const { name } = pod.metadata;
    const seen = (await bench.nodesSeenBy(scenario.watched, pod)).map((node) => node.node_status);
    expect(
      `the nodes that ${name} sees`,
      seen,
      pods.map(() => "running"),
    );
    const { status } = (await bench.emqx(scenario.watched, pod, "/load_rebalance/status")) as {
      status: string;
    };
    expect(`the evacuation of ${name}`, status, "disabled");
    const root = (await bench.emqx(scenario.watched, pod, "/configs?key=mqtt")) as Config;
    const size = (root.mqtt ?? root).max_packet_size;
    expect(`mqtt.max_packet_size of ${name}`, size, `${goal.packetMegabytes}MB`);
    const license = (await bench.emqx(scenario.watched, pod, "/license")) as Licence;
    expect(`the sessions that the licence of ${name} allows`, license.max_sessions, goal.licensed);
  }
  expect("the holder of the lease", (await hands.holder()) ?? null, null);
  expect("the rollout under way", (await rolloutOf(bench.api, scenario)) ?? null, null);
  return wrong;
}

/** A further `pulumi up` changes nothing, neither for Pulumi nor for the API server. */
export async function unsettledByUp({ bench, scenario }: Soak): Promise<string[]> {
  const since = Date.now();
  const { output } = await scenario.stack.up();
  const { create, update, delete: gone, replace } = resourceCounts(output);
  const changes = create + update + gone + replace;
  const writes = writesSince(bench.sandbox.auditLog, since, ROLLOUT);
  return [
    ...(changes > 0 ? [`I12: a further \`pulumi up\` changed ${changes} resources`] : []),
    ...writes.map(({ verb, object }) => `I12: a further \`pulumi up\` wrote: ${verb} ${object}`),
  ];
}

interface Config extends Record<string, unknown> {
  mqtt?: Record<string, unknown>;
}

interface Licence {
  max_sessions: number;
}
