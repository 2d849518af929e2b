import { EmqxError } from "../errors";
import type { KubernetesClient } from "../kubernetes/client";
import { refusedWith } from "../kubernetes/failure";
import type { Lease } from "../kubernetes/shapes";
import { commonLabels, names } from "../labels";
import { within } from "../within";
import { fenced, orphaned } from "./fence-errors";
import { atWork, holderIdentity, isKnownDead } from "./holder";
import type { Clock, Fence, Sink, Site } from "./types";

/** Seconds without renewal after which a holder counts as dead. */
const DURATION_SECONDS = 15;
const RENEW_MILLISECONDS = 5_000;
const POLL_MILLISECONDS = 1_000;
/** Longest wait for a release: what no API server takes ends by itself, so a verdict need not wait for it. */
const RELEASE_MILLISECONDS = 5_000;
/** Times that an expired Lease is tried to renew while its outcome stays unknown. */
const ATTEMPTS = 30;

/** What a fence needs to know of this process, so that tests can say otherwise. */
export interface Runner {
  /** Whether the engine that started this process is gone. */
  gone(): Promise<boolean>;
  /** Milliseconds of a clock that nobody sets. */
  monotonic(): number;
}

const alone: Runner = { gone: () => Promise.resolve(false), monotonic: () => performance.now() };

/** One runner at a time, by a Lease as Kubernetes' own controllers use it. */
export class LeaseFence implements Fence {
  private readonly identity = holderIdentity();
  private lease?: Lease;
  private renewed = { at: 0, monotonic: 0 };
  private heartbeat?: NodeJS.Timeout;
  private line: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly site: Pick<Site, "name" | "namespace">,
    private readonly kube: KubernetesClient,
    private readonly clock: Clock,
    private readonly sink: Pick<Sink, "status">,
    private readonly runner: Runner = alone,
  ) {}

  async acquire(): Promise<void> {
    while (!(await this.take(await this.untilFree())));
  }

  /**
   * Waits until nobody holds the lease, and writes nothing. A holder is judged by whether its
   * renewals go on, seen from here: clocks of two machines are not compared. A crashed run is waited
   * for until its lease expires, or not at all when it ran on this machine and its process is gone.
   */
  async untilFree(): Promise<Lease | undefined> {
    let watched: { renewTime: string; since: number } | undefined;
    for (;;) {
      if (await this.runner.gone()) throw orphaned(this.site);
      const lease = await this.read();
      const holder = lease?.spec?.holderIdentity;
      if (!lease || !holder || holder === this.identity || isKnownDead(holder)) return lease;
      const renewTime = lease.spec?.renewTime ?? "";
      const now = this.clock.now();
      if (watched && watched.renewTime !== renewTime) throw fenced(this.site, lease);
      watched ??= { renewTime, since: now };
      const duration = (lease.spec?.leaseDurationSeconds ?? DURATION_SECONDS) * 1000;
      const left = watched.since + duration - now;
      if (left <= 0) return lease;
      const seconds = Math.ceil(left / 1000);
      this.sink.status(
        `Waiting ${seconds} s for the lease of an earlier run (${holder}) to expire`,
      );
      await this.clock.sleep(Math.min(POLL_MILLISECONDS, left));
    }
  }

  /**
   * A Lease that has run out is written before anything else is: while this process was suspended
   * somebody else may have taken it.
   */
  async renew(): Promise<void> {
    if (await this.runner.gone()) throw orphaned(this.site);
    for (let attempt = 1; ; attempt += 1) {
      const failure = await this.inTurn(() => this.renewIfDue());
      if (!this.lease || this.age() < DURATION_SECONDS * 1000) return;
      if (failure && attempt >= ATTEMPTS) throw failure;
      await this.clock.sleep(POLL_MILLISECONDS);
    }
  }

  /** Best effort: an unreleased lease expires by itself. */
  async release(): Promise<void> {
    clearInterval(this.heartbeat);
    const giveBack = async () => {
      const { lease } = this;
      this.forget();
      if (!lease) return;
      try {
        await this.write(lease, "");
      } catch (error) {
        if (!(error instanceof EmqxError)) throw error;
      }
    };
    await within(RELEASE_MILLISECONDS, this.inTurn(giveBack));
    this.forget();
  }

  /** Who holds it just now, and since when, for people to read. */
  async atWork(): Promise<string | undefined> {
    return atWork(await this.read(), this.clock.now());
  }

  /** Gives back what a run that died on this machine has left held; without such a one nothing is written. */
  async tidy(): Promise<void> {
    const lease = await this.read();
    const holder = lease?.spec?.holderIdentity;
    if (!lease || !holder || !isKnownDead(holder)) return;
    // Somebody may be quicker, and then it is his.
    await this.write(lease, "").catch((error: unknown) => {
      if (!(error instanceof EmqxError)) throw error;
    });
  }

  /** The Lease is gone, or somebody else's: nothing is written to it any more. */
  forget(): void {
    clearInterval(this.heartbeat);
    this.lease = undefined;
  }

  /** Milliseconds since the last renewal; a clock that was set back must not make it young. */
  private age(): number {
    const { at, monotonic } = this.renewed;
    return Math.max(this.clock.now() - at, this.runner.monotonic() - monotonic);
  }

  /** The heartbeat and the engine never write at the same time. */
  private inTurn<T>(body: () => Promise<T>): Promise<T> {
    const turn = this.line.then(body);
    this.line = turn.catch(() => undefined);
    return turn;
  }

  /** A write whose outcome is not known is settled by reading, and made again at the next call. */
  private async renewIfDue(): Promise<unknown> {
    if (!this.lease || this.age() < RENEW_MILLISECONDS) return undefined;
    try {
      this.keep(await this.write(this.lease, this.identity));
      return undefined;
    } catch (error) {
      const unclear = error instanceof EmqxError && error.code === "EMQX_KUBERNETES_UNREACHABLE";
      if (!unclear && !refusedWith(error, 409) && !refusedWith(error, 404)) throw error;
      const lease = await this.read();
      // With its namespace the Lease goes too, which says so to whoever would create one.
      if (!lease) await this.kube.create(this.object(undefined, ""), { dryRun: true });
      if (lease?.spec?.holderIdentity !== this.identity) throw fenced(this.site, lease);
      this.keep(lease);
      return error;
    }
  }

  /** The outcome of a renewal, which may come after the Lease was given up. */
  private keep(lease: Lease): void {
    if (this.lease) this.lease = lease;
  }

  /** A run that is busy with one long step is no dead one. An orphan lets its Lease run out. */
  private startHeartbeat(): void {
    clearInterval(this.heartbeat);
    const beat = async () => {
      if (await this.runner.gone()) return clearInterval(this.heartbeat);
      // Whoever acts next asks again, and is told.
      await this.inTurn(() => this.renewIfDue()).catch(() => undefined);
    };
    // With an API server that is silent they would pile up, and everybody else behind them.
    let pending = false;
    const tick = () => {
      if (pending) return;
      pending = true;
      void beat().finally(() => (pending = false));
    };
    this.heartbeat = setInterval(tick, POLL_MILLISECONDS).unref();
  }

  private read(): Promise<Lease | undefined> {
    const { namespace, name } = this.site;
    return this.kube.get<Lease>({ kind: "Lease", namespace, name: names.rollout(name) });
  }

  /** False when somebody else was quicker. */
  private async take(lease: Lease | undefined): Promise<boolean> {
    try {
      this.lease = await this.write(lease, this.identity);
      this.startHeartbeat();
      return true;
    } catch (error) {
      if (refusedWith(error, 409) || refusedWith(error, 404)) return false;
      throw error;
    }
  }

  private async write(lease: Lease | undefined, holder: string): Promise<Lease> {
    const now = { at: this.clock.now(), monotonic: this.runner.monotonic() };
    const object = this.object(lease, holder, now.at);
    const written = lease
      ? await this.kube.replace<Lease>(object)
      : await this.kube.create<Lease>(object);
    this.renewed = now;
    return written;
  }

  private object(lease: Lease | undefined, holder: string, now = this.clock.now()) {
    const time = new Date(now).toISOString().replace("Z", "000Z");
    const { name, namespace } = this.site;
    const kept = lease?.spec?.holderIdentity === this.identity;
    const transitions = lease?.spec?.leaseTransitions ?? 0;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name: names.rollout(name),
        namespace,
        labels: commonLabels(name),
        ...(lease && { resourceVersion: lease.metadata.resourceVersion }),
      },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: DURATION_SECONDS,
        acquireTime: kept ? lease.spec?.acquireTime : time,
        renewTime: time,
        leaseTransitions: kept ? transitions : transitions + 1,
      },
    };
  }
}
