import path from "node:path";
import { rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { isConflict, isNotFound } from "../kube/client";
import { readReferences } from "../kube/references";
import type { Pod } from "../kube/types";
import { MountError, setUpVolumes } from "../volume/mount";
import type { PodSetting } from "./container";
import { Container } from "./container";
import type { NodeContext } from "./context";
import { PODS } from "./leftovers";
import { LOGS } from "./old-logs";
import { podStatus } from "./status";
import { StatusWriter } from "./status-writer";
import { serviceAccountToken } from "./token";

/** Milliseconds between two attempts to set up a pod's volumes. */
const MOUNT_RETRY_MS = 1000;
/** Milliseconds that the last status may take when the agent ends. */
const REPORT_MS = 1000;
/** What a pod gets that was removed from the API server without any grace. */
const FORCED_GRACE_MS = 1000;

/** One pod from its binding to its removal. */
export class PodWorker {
  podIP: string | undefined;
  private readonly init: Container[];
  private readonly main: Container[];
  private readonly writer: StatusWriter;
  private readonly startTime: string;
  private readonly stopping = new AbortController();
  private readonly folder: string;
  private setting: PodSetting | undefined;
  private initialized = false;
  private life: Promise<void> = Promise.resolve();
  private ending: Promise<void> | undefined;
  private isRemoved = false;

  constructor(
    private pod: Pod,
    private readonly node: NodeContext,
  ) {
    const { status, spec, metadata } = pod;
    this.folder = path.join(node.options.dir, PODS, metadata.uid);
    this.startTime = status?.startTime ?? new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const title = `${metadata.namespace}_${metadata.name}_${metadata.uid}`;
    const logs = path.join(node.options.dir, LOGS, title);
    const changed = () => this.writer.touch();
    const make = (before = status?.containerStatuses) => {
      return (container: Pod["spec"]["containers"][number]) =>
        new Container(
          container,
          node,
          changed,
          logs,
          before?.find(({ name }) => name === container.name),
        );
    };
    this.init = (spec.initContainers ?? []).map(make(status?.initContainerStatuses));
    this.main = spec.containers.map(make());
    this.writer = new StatusWriter(
      node.client,
      pod,
      (previous, now) => podStatus(this.facts(), previous, now),
      node.log,
      () => node.hosts.awake(spec.nodeName),
    );
  }

  /** Begins the pod's life; returns at once. */
  start(): void {
    if (this.pod.metadata.deletionTimestamp) return this.terminate();
    this.life = this.live().catch((error) => {
      if (!this.stopping.signal.aborted) this.node.log(`pod ${this.title()}: ${String(error)}`);
    });
  }

  /** Takes over a newer version of the pod. */
  update(pod: Pod): void {
    const before = this.pod.metadata.deletionGracePeriodSeconds;
    this.pod = pod;
    this.writer.observed(pod.status);
    if (!pod.metadata.deletionTimestamp) {
      if (pod.spec.readinessGates) this.writer.touch();
    } else if (!this.ending) this.terminate();
    else if (pod.metadata.deletionGracePeriodSeconds !== before) {
      void this.stopContainers(graceMs(pod));
    }
  }

  /** The pod is gone from the API server: whatever still runs is ended. Resolves when nothing does. */
  async removed(): Promise<void> {
    this.isRemoved = true;
    this.writer.close();
    if (this.ending) void this.stopContainers(FORCED_GRACE_MS);
    else this.ending = this.end(FORCED_GRACE_MS);
    await this.ending;
  }

  /** Ends the processes because the agent ends; the pod stays in the API server. */
  async shutdown(grace: number): Promise<void> {
    this.stopping.abort();
    await this.stopContainers(grace);
    await this.life;
    // For whoever looks while no agent runs; not worth waiting for an API server that is gone too.
    await Promise.race([this.writer.flush(), delay(REPORT_MS)]);
  }

  /** The host begins to hang, or goes on. */
  suspend(hung: boolean): void {
    for (const container of [...this.init, ...this.main]) container.suspend(hung);
  }

  log(container: string, previous: boolean) {
    const found = [...this.init, ...this.main].find(({ spec }) => spec.name === container);
    return found?.log(previous);
  }

  private async live(): Promise<void> {
    this.podIP = await this.node.addresses.take();
    this.writer.touch();
    const setting = await this.setUp(this.podIP);
    if (!setting) return;
    this.setting = setting;
    const sidecars: Promise<void>[] = [];
    for (const container of this.init) {
      const isSidecar = container.spec.restartPolicy === "Always";
      if (isSidecar) sidecars.push(container.run(setting, "Always"));
      else if (!(await container.pretend(setting))) return;
    }
    this.initialized = true;
    this.writer.touch();
    const policy = this.pod.spec.restartPolicy ?? "Always";
    await Promise.all(this.main.map((container) => container.run(setting, policy)));
    await Promise.all(this.init.map((container) => container.stop(setting, FORCED_GRACE_MS)));
    await Promise.all(sidecars);
    this.writer.touch();
  }

  private async setUp(podIP: string): Promise<PodSetting | undefined> {
    const { node, pod, folder } = this;
    const { namespace } = pod.metadata;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const volumes = await setUpVolumes(pod.spec.volumes ?? [], {
          pod,
          podIP,
          folder: path.join(folder, "volumes"),
          references: readReferences(node.client, namespace),
          token: (audience, seconds) => serviceAccountToken(node.client, pod, audience, seconds),
          claimFolder: (claim) => node.claims.folder(namespace, claim),
        });
        return { pod, podIP, folder, volumes };
      } catch (error) {
        if (!(error instanceof MountError)) throw error;
        node.events.warning({ object: pod, kind: "Pod" }, "FailedMount", error.message);
        await delay(MOUNT_RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  private terminate(): void {
    this.ending ??= this.end(graceMs(this.pod));
  }

  private async end(grace: number): Promise<void> {
    this.stopping.abort();
    await this.stopContainers(grace);
    await this.life;
    if (!this.isRemoved) await this.deletePod();
    if (this.podIP) this.node.addresses.release(this.podIP);
    await rm(this.folder, { recursive: true, force: true });
  }

  private async stopContainers(grace: number): Promise<void> {
    const stop = (container: Container) => container.stop(this.setting, grace);
    await Promise.all(this.main.map(stop));
    await Promise.all(this.init.map(stop));
  }

  private async deletePod(): Promise<void> {
    const { name, namespace, uid } = this.pod.metadata;
    await this.writer.flush();
    while (!this.isRemoved) {
      try {
        await this.node.client.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, {
          gracePeriodSeconds: 0,
          preconditions: { uid },
        });
        return;
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) return;
        this.node.log(`deletion of pod ${this.title()} is tried again: ${String(error)}`);
        await delay(MOUNT_RETRY_MS);
      }
    }
  }

  private facts() {
    const { pod, podIP, startTime, initialized, setting } = this;
    const initStatuses = this.init.map(({ status }) => structuredClone(status));
    const statuses = this.main.map(({ status }) => structuredClone(status));
    const sandboxReady = setting !== undefined;
    return { pod, podIP, startTime, initStatuses, statuses, initialized, sandboxReady };
  }

  private title(): string {
    return `${this.pod.metadata.namespace}/${this.pod.metadata.name}`;
  }
}

function graceMs(pod: Pod): number {
  return (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
}
