import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Subject } from "../kube/events";
import { readReferences } from "../kube/references";
import type { ContainerSpec, ContainerStatus, Pod } from "../kube/types";
import type { ProbeTarget } from "../probe/perform";
import { parseQuantity } from "../node/quantity";
import { mountAll } from "../volume/mount";
import { Backoff } from "./backoff";
import type { NodeContext } from "./context";
import { ConfigError, resolveEnv } from "./env";
import { containerCommand, makeRoot, processEnv } from "./launch";
import type { Exit } from "./process";
import { pullImage } from "./pull";
import { Run } from "./run";

/** Milliseconds between two looks for a missing Secret or ConfigMap. */
const CONFIG_RETRY_MS = 1000;

/** The pod around a container, as its worker has set it up. */
export interface PodSetting {
  pod: Pod;
  podIP: string;
  /** Folder of the pod, with a root for each container. */
  folder: string;
  /** Folders of the pod's volumes by name. */
  volumes: Map<string, string>;
}

interface Prepared {
  imageId: string;
  target: ProbeTarget;
}

/** One container: its image, its process with restarts and probes, and its status. */
export class Container {
  readonly status: ContainerStatus;
  private current: Run | undefined;
  private readonly stopping = new AbortController();
  private readonly backoff: Backoff;

  constructor(
    readonly spec: ContainerSpec,
    private readonly node: NodeContext,
    private readonly changed: () => void,
    /** Folder of the logs, one file for each run. */
    private readonly logs: string,
    before: ContainerStatus | undefined,
  ) {
    const { running, terminated } = before?.state ?? {};
    this.backoff = new Backoff(node.options.backoffMs);
    this.status = {
      name: spec.name,
      image: spec.image ?? "",
      imageID: "",
      ready: false,
      started: false,
      // What an agent before this one had started ended with it, like containers on a node that reboots.
      restartCount: (before?.restartCount ?? 0) + (before?.containerID ? 1 : 0),
      state: { waiting: { reason: "ContainerCreating" } },
      lastState: running
        ? lostWithTheNode(running.startedAt)
        : terminated
          ? { terminated }
          : (before?.lastState ?? {}),
    };
  }

  /** Runs the container until it is over: stopped, or ended with a policy that lets it rest. */
  async run(setting: PodSetting, restartPolicy: string): Promise<void> {
    for (;;) {
      const prepared = await this.prepare(setting);
      // A pod may be removed while the container's next run is prepared.
      if (!prepared || this.stopping.signal.aborted) return;
      const began = Date.now();
      const exit = await this.runOnce(setting, prepared);
      if (this.stopping.signal.aborted || !restarts(restartPolicy, exit)) return;
      await this.rest(setting, this.backoff.next(Date.now() - began));
      if (this.stopping.signal.aborted) return;
      this.status.restartCount += 1;
    }
  }

  /** Plays a plain init container, whose command the sandbox does not run: it succeeds at once. */
  async pretend(setting: PodSetting): Promise<boolean> {
    const prepared = await this.prepare(setting);
    if (!prepared) return false;
    const now = timestamp();
    this.status.imageID = prepared.imageId;
    this.status.state = {
      terminated: { exitCode: 0, reason: "Completed", startedAt: now, finishedAt: now },
    };
    this.status.ready = true;
    this.changed();
    return true;
  }

  /** Ends the container within the grace; calling it again can only shorten the grace. */
  async stop(setting: PodSetting | undefined, graceMs: number): Promise<void> {
    const isFirst = !this.stopping.signal.aborted;
    this.stopping.abort();
    const run = this.current;
    if (!run || !setting) return;
    if (isFirst) {
      this.node.events.normal(
        this.about(setting),
        "Killing",
        `Stopping container ${this.spec.name}`,
      );
      await run.stop(graceMs);
    } else await run.process.killAfter(graceMs);
  }

  /** Its process stands still while the host hangs. */
  suspend(hung: boolean): void {
    this.current?.process.suspend(hung);
  }

  /** Log of the present or last run, or of the one before it. */
  log(previous: boolean): { file: string; ended: Promise<unknown> } | undefined {
    const file = this.logFile(this.status.restartCount - (previous ? 1 : 0));
    if (!existsSync(file)) return undefined;
    const isRunning = !previous && this.current;
    return { file, ended: isRunning ? isRunning.process.exited : Promise.resolve() };
  }

  private logFile(run: number): string {
    return path.join(this.logs, this.spec.name, `${run}.log`);
  }

  private async prepare(setting: PodSetting): Promise<Prepared | undefined> {
    const { signal } = this.stopping;
    const about = this.about(setting);
    const wait = (state: ContainerStatus["state"]) => this.wait(state);
    const imageId = await pullImage(this.spec, this.node, about, wait, signal);
    while (imageId !== undefined && !signal.aborted) {
      try {
        return { imageId, target: await this.configure(setting) };
      } catch (error) {
        const reason =
          error instanceof ConfigError ? "CreateContainerConfigError" : "CreateContainerError";
        const { message } = error as Error;
        this.wait({ waiting: { reason, message } });
        this.node.events.warning(about, "Failed", `Error: ${message}`);
        await delay(CONFIG_RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  private async configure({ pod, podIP, folder, volumes }: PodSetting): Promise<ProbeTarget> {
    const { client, hostsFile, options } = this.node;
    const references = readReferences(client, pod.metadata.namespace);
    const values = await resolveEnv({ pod, container: this.spec, podIP, references });
    const root = await makeRoot(folder, this.spec);
    await mountAll(this.spec, root, volumes, values);
    const { clusterDomain, emqx } = options;
    const env = processEnv(this.spec, values, { pod, podIP, root, hostsFile, clusterDomain, emqx });
    const { hosts } = this.node;
    const { nodeName } = pod.spec;
    return {
      container: this.spec,
      podIP,
      root,
      env,
      awake: () => hosts.awake(nodeName),
      isHung: () => hosts.isHung(nodeName),
    };
  }

  private async runOnce(setting: PodSetting, { imageId, target }: Prepared): Promise<Exit> {
    const { status, spec, node } = this;
    const { events } = node;
    const about = this.about(setting);
    const startedAt = timestamp();
    events.normal(about, "Created", `Created container: ${spec.name}`);
    if (status.state.terminated) status.lastState = { terminated: status.state.terminated };
    status.imageID = imageId;
    status.containerID = `sandbox://${setting.pod.metadata.uid}-${spec.name}-${status.restartCount}`;
    const run = new Run(
      {
        command: containerCommand(spec, node.options.emqx),
        env: target.env,
        cwd: target.root,
        logFile: this.logFile(status.restartCount),
        pidFile: path.join(setting.folder, `${spec.name}.pid`),
        memoryLimit: memoryLimit(spec),
      },
      target,
      {
        started: () => this.mark({ started: true }),
        ready: (ready) => this.mark({ ready }),
        unhealthy: (kind, message) =>
          events.warning(about, "Unhealthy", `${kind} probe failed: ${message}`),
        dead: (kind) =>
          events.normal(
            about,
            "Killing",
            `Container ${spec.name} failed ${kind.toLowerCase()} probe, will be restarted`,
          ),
      },
      (setting.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000,
    );
    this.current = run;
    if (run.process.pid !== undefined) {
      status.state = { running: { startedAt } };
      events.normal(about, "Started", `Started container ${spec.name}`);
      this.changed();
    }
    const exit = await run.ended;
    this.current = undefined;
    if (exit.startError) events.warning(about, "Failed", `Error: ${exit.startError}`);
    const { containerID } = status;
    status.state = {
      terminated: { ...ending(exit), startedAt, finishedAt: timestamp(), containerID },
    };
    this.mark({ ready: false, started: false });
    return exit;
  }

  /** CrashLoopBackOff for the given time; nothing is shown for an immediate restart. */
  private async rest({ pod }: PodSetting, ms: number): Promise<void> {
    if (ms === 0) return;
    const { name, namespace, uid } = pod.metadata;
    const restarting = `failed container=${this.spec.name} pod=${name}_${namespace}(${uid})`;
    const message = `back-off ${formatDelay(ms)} restarting ${restarting}`;
    this.wait({ waiting: { reason: "CrashLoopBackOff", message } });
    this.node.events.warning(
      { object: pod, kind: "Pod", container: this.spec.name },
      "BackOff",
      `Back-off restarting failed container ${this.spec.name} in pod ${name}_${namespace}(${uid})`,
    );
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private wait(state: ContainerStatus["state"]): void {
    const { status } = this;
    if (status.state.terminated) status.lastState = { terminated: status.state.terminated };
    status.state = state;
    this.changed();
  }

  private mark(change: Partial<ContainerStatus>): void {
    Object.assign(this.status, change);
    this.changed();
  }

  private about({ pod }: PodSetting): Subject {
    return { object: pod, kind: "Pod", container: this.spec.name };
  }
}

function restarts(policy: string, { code }: Exit): boolean {
  return policy === "Always" || (policy === "OnFailure" && code !== 0);
}

function ending({ code, signal, startError, outOfMemory }: Exit) {
  if (outOfMemory) return { exitCode: code, reason: "OOMKilled" };
  if (startError) return { exitCode: code, reason: "StartError", message: startError };
  return { exitCode: code, reason: code === 0 ? "Completed" : "Error", ...(signal && { signal }) };
}

function memoryLimit({ resources }: ContainerSpec): number | undefined {
  const limit = resources?.limits?.memory;
  return limit === undefined ? undefined : parseQuantity(limit);
}

function lostWithTheNode(startedAt: string): ContainerStatus["lastState"] {
  return { terminated: { exitCode: 255, reason: "Unknown", startedAt, finishedAt: timestamp() } };
}

function formatDelay(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}
