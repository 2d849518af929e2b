import assert from "node:assert/strict";
import { after, before } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Effect, KubeFault } from "../../sandbox/faults/kube-fault";
import { ApiBench } from "./support/api-upgrade";
import { fault } from "./support/fault";
import { ENGINE } from "./support/kube-faults";

// One cluster, one upgrade for each fault: Pulumi's way to the API server is bad, ours is not.
let api: ApiBench;

before(async () => {
  api = await ApiBench.open("api-server");
});
after(() => api?.close());

interface Case {
  id: string;
  what: string;
  deadlineSeconds: number;
  strikes: KubeFault[];
}

const answer = (status: number, retryAfter?: number): Effect => ({
  kind: "answer",
  status,
  retryAfter,
});
/** Writes by which the rollout acts, one each: record, set, Service, scaling, deletion, lease. */
const WRITES: Pick<KubeFault, "method" | "path" | "skip">[] = [
  { method: /POST|PUT/, path: /\/leases/ },
  { method: /PATCH/, path: /\/configmaps\/emqx-rollout/ },
  { method: /PATCH/, path: /\/configmaps\/emqx-rollout/, skip: 3 },
  { method: /PATCH/, path: /\/statefulsets\/.*force=true/ },
  { method: /PATCH/, path: /\/statefulsets\/[^?]*\?fieldManager=[\w-]+$/ },
  { method: /PATCH/, path: /\/services\/emqx-listeners/ },
  { method: /DELETE/, path: /\/statefulsets\// },
];

const cases: Case[] = [
  {
    id: "api-409",
    what: "409 to patches",
    deadlineSeconds: 300,
    strikes: WRITES.slice(1, 6).map((write) => ({ ...write, effect: answer(409), times: 2 })),
  },
  {
    id: "api-429",
    what: "429 with Retry-After",
    deadlineSeconds: 300,
    strikes: [
      { path: /statefulsets/, effect: answer(429, 3), times: 3 },
      { path: /configmaps/, effect: answer(429, 1), times: 3 },
      ...WRITES.map((write) => ({ ...write, effect: answer(429, 1), times: 1 })),
    ],
  },
  {
    id: "api-500",
    what: "500 to every third request or so",
    deadlineSeconds: 300,
    strikes: [1, 20, 60, 120].map((skip) => ({ skip, effect: answer(500), times: 6 })),
  },
  {
    id: "api-503",
    what: "503 in bursts",
    deadlineSeconds: 300,
    strikes: [1, 20, 60, 120].map((skip) => ({ skip, effect: answer(503), times: 6 })),
  },
  {
    id: "api-timeout",
    what: "requests that are never answered",
    deadlineSeconds: 300,
    strikes: [10, 80, 160].map((skip) => ({
      path: /^(?!.*portforward)/,
      skip,
      effect: { kind: "hang" },
      times: 2,
    })),
  },
  {
    id: "api-eof",
    what: "connections that end in the middle of an answer",
    deadlineSeconds: 300,
    strikes: [5, 30, 60, 90].map((skip) => ({
      path: /^(?!.*portforward)/,
      skip,
      effect: { kind: "cut-within" },
      times: 4,
    })),
  },
  {
    id: "api-lost-answer",
    what: "writes that take effect while their answer is lost",
    deadlineSeconds: 300,
    strikes: WRITES.map((write) => ({ ...write, effect: { kind: "cut-after" }, times: 1 })),
  },
];

for (const { id, what, deadlineSeconds, strikes } of cases) {
  const title = `${what}: the rollout asks again and the same up ends the upgrade`;
  fault({ id, title, deadlineSeconds }, async (course) => {
    const rules = strikes.map((strike) => api.proxy.strike({ agent: ENGINE, ...strike }));

    await api.survives(course, () => api.struck(rules));

    assert.deepEqual(
      rules.filter(({ struck }) => struck === 0).map(({ fault: { path, skip } }) => [path, skip]),
      [],
      "every fault struck",
    );
    course.t.diagnostic(`${rules.reduce((sum, { struck }) => sum + struck, 0)} requests struck`);
  });
}

fault(
  {
    id: "api-port-forward",
    title: "port-forwards that are cut again and again are opened again, and the upgrade goes on",
    deadlineSeconds: 300,
  },
  async (course) => {
    let cut = 0;
    const cutting = new AbortController();
    const cutter = async (): Promise<void> => {
      while (!cutting.signal.aborted) {
        await sleep(1500);
        cut += api.proxy.cutForwards();
      }
    };
    const until = cutter();

    await api.survives(course, () => api.reached("WaitGreen"));
    cutting.abort();
    await until;

    assert.ok(cut > 5, `${cut} port-forwards were cut`);
  },
);

fault(
  {
    id: "api-refresh",
    title: "a refresh meets errors and cut connections, and reads the cluster all the same",
    deadlineSeconds: 90,
  },
  async ({ injected, handled }) => {
    const { proxy, scenario } = api;
    const rules = [
      proxy.strike({ agent: ENGINE, effect: answer(503), times: 5 }),
      proxy.strike({ agent: ENGINE, effect: { kind: "cut-within" }, times: 4 }),
      proxy.strike({ agent: ENGINE, effect: answer(429, 1), times: 3 }),
    ];
    const refreshed = scenario.stack.refresh();
    await Promise.race([api.struck(rules), refreshed]);
    injected();
    await refreshed;
    handled();
    proxy.heal();

    assert.ok(rules.every(({ struck }) => struck > 0));
    const { code, output } = await scenario.stack.start(["preview", "--expect-no-changes"]).result;
    assert.equal(code, 0, output);
  },
);

fault(
  {
    id: "api-destroy",
    title: "a destroy waits for the API server through an outage, and leaves nothing behind",
    deadlineSeconds: 300,
  },
  async ({ injected, handled }) => {
    const { bench, proxy, scenario } = api;
    const deletion = { agent: ENGINE, method: /DELETE/, path: /statefulsets/ };
    proxy.strike({ ...deletion, effect: { kind: "cut-after" }, times: 1 });
    const { result } = scenario.stack.start(["destroy", "--yes"]);
    while (!proxy.seen.some(({ struck }) => struck === "cut-after")) await sleep(50);
    injected();
    await proxy.outage(20_000);
    const { code, output } = await result;
    handled();

    assert.equal(code, 0, output);
    assert.deepEqual(await bench.list("pods", { ...scenario.watched }), []);
    assert.deepEqual(await bench.list("leases", scenario.watched), []);
  },
);
