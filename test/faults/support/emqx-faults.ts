/** Switches of the simulated EMQX (docs/sandbox.md), set on single nodes of a bench while they run. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { AnswerSwitch } from "../../../sandbox/emqx/switches/answers";
import type { SwitchSettings } from "../../../sandbox/emqx/switches/switches";
import type { Pod } from "../../../sandbox/node-agent/kube/types";
import { processAddress } from "../../../sandbox/node-agent/network/addresses";
import type { Scenario } from "../../../sandbox/scenario";
import type { Bench } from "../../e2e/support/cluster";

/** Every path of the API that the rollout uses; not what Kubernetes' probes ask. */
export const API = "^/api/v[45]/(?!status$|load_rebalance/availability_check$)";

/** Pods by name or by anything else. */
export type Which = (pod: Pod) => boolean;

export const everyPod: Which = () => true;

/** Pods of a revision, as the record names it. */
export const ofRevision =
  (revision: string): Which =>
  ({ metadata }) =>
    metadata.labels?.["emqx.io/revision"] === revision;

export const notOfRevision =
  (revision: string): Which =>
  (pod) =>
    !ofRevision(revision)(pod);

export class EmqxFaults {
  constructor(
    private readonly bench: Bench,
    private readonly scenario: Pick<Scenario, "watched">,
  ) {}

  /** The cluster's EMQX pods that have an address. */
  async pods(which: Which = everyPod): Promise<Pod[]> {
    const { namespace, cluster } = this.scenario.watched;
    const pods = await this.bench.list<Pod>("pods", { namespace, cluster });
    return pods.filter((pod) => pod.status?.podIP && which(pod));
  }

  /** Puts switches in place of those before, on the nodes that run now. Returns the names of their pods. */
  async set(which: Which, settings: SwitchSettings): Promise<string[]> {
    const pods = await this.pods(which);
    await Promise.all(pods.map((pod) => put(pod, settings)));
    return pods.map(({ metadata }) => metadata.name);
  }

  /** Makes the nodes answer so on the paths that match; in place of all switches before. */
  answers(which: Which, ...answers: AnswerSwitch[]): Promise<string[]> {
    return this.set(which, { answers });
  }

  /** Takes back every switch of every node that can be reached. */
  async clear(): Promise<void> {
    const pods = await this.pods();
    await Promise.all(pods.map((pod) => put(pod, {}).catch(() => undefined)));
  }

  /** As `set`, and on nodes that come later too, as soon as they answer, until `stop`. */
  always(which: Which, settings: SwitchSettings): { stop(): Promise<void> } {
    const done = new Set<string>();
    let over = false;
    const work = (async () => {
      while (!over) {
        for (const pod of await this.pods(which).catch(() => [])) {
          const key = `${pod.metadata.uid} ${pod.status?.podIP}`;
          if (done.has(key)) continue;
          await put(pod, settings).then(
            () => done.add(key),
            () => undefined,
          );
        }
        await sleep(100);
      }
    })();
    return {
      stop: () => {
        over = true;
        return work;
      },
    };
  }

  /** Stops a node's process by SIGSTOP, as a host that hangs; `thaw` lets it go on. */
  freeze(pod: string): void {
    for (const pid of this.processesOf(pod)) process.kill(pid, "SIGSTOP");
  }

  thaw(pod: string): void {
    for (const pid of this.processesOf(pod)) process.kill(pid, "SIGCONT");
  }

  /** Ends a node at once, as a crash of its host does. */
  kill(pod: string): void {
    for (const pid of this.processesOf(pod)) process.kill(pid, "SIGKILL");
  }

  private processesOf(pod: string): number[] {
    const found = readdirSync("/proc").flatMap((entry) => {
      if (!/^\d+$/.test(entry)) return [];
      const variables = environmentOf(entry);
      const isOurs = variables.some((line) =>
        line.startsWith(`SANDBOX_ROOT=${this.bench.sandbox.dir}/`),
      );
      return isOurs && variables.includes(`SANDBOX_POD_NAME=${pod}`) ? [Number(entry)] : [];
    });
    if (found.length === 0) throw new Error(`Expected a process that plays ${pod}, found none.`);
    return found;
  }
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    // It ended meanwhile, or is not ours.
    return [];
  }
}

async function put(pod: Pod, settings: SwitchSettings): Promise<void> {
  const url = `http://${processAddress(pod.status?.podIP ?? "")}:18083/sandbox/faults`;
  const response = await fetch(url, {
    method: "PUT",
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify(settings),
    signal: AbortSignal.timeout(3000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`PUT ${url} answered ${response.status}: ${text}`);
}
