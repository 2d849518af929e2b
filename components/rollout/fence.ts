import { EmqxError } from "../errors";
import type { KubernetesClient } from "../kubernetes/client";
import { refusedWith } from "../kubernetes/failure";
import type { Lease } from "../kubernetes/shapes";
import { commonLabels, names } from "../labels";
import { holderIdentity, isKnownDead } from "./holder";
import type { Clock, Fence, Sink, Site } from "./types";

/** Seconds without renewal after which a holder counts as dead. */
const DURATION_SECONDS = 15;
const RENEW_MILLISECONDS = 5_000;
const POLL_MILLISECONDS = 1_000;

/** One runner at a time, by a Lease as Kubernetes' own controllers use it. */
export class LeaseFence implements Fence {
  private readonly identity = holderIdentity();
  private lease?: Lease;
  private renewedAt = 0;

  constructor(
    private readonly site: Site,
    private readonly kube: KubernetesClient,
    private readonly clock: Clock,
    private readonly sink: Pick<Sink, "status">,
  ) {}

  /**
   * A holder is judged by whether its renewals go on, seen from here: clocks of two machines are
   * not compared. A crashed run is waited for until its lease expires, or not at all when it ran on
   * this machine and its process is gone.
   */
  async acquire(): Promise<void> {
    let watched: { renewTime: string; since: number } | undefined;
    for (;;) {
      const lease = await this.read();
      const holder = lease?.spec?.holderIdentity;
      if (!lease || !holder || holder === this.identity || isKnownDead(holder)) {
        if (await this.take(lease)) return;
        continue;
      }
      const renewTime = lease.spec?.renewTime ?? "";
      const now = this.clock.now();
      if (watched && watched.renewTime !== renewTime) throw this.fenced(holder);
      watched ??= { renewTime, since: now };
      const duration = (lease.spec?.leaseDurationSeconds ?? DURATION_SECONDS) * 1000;
      const left = watched.since + duration - now;
      if (left <= 0) {
        if (await this.take(lease)) return;
        watched = undefined;
        continue;
      }
      const seconds = Math.ceil(left / 1000);
      this.sink.status(
        `Waiting ${seconds} s for the lease of an earlier run (${holder}) to expire`,
      );
      await this.clock.sleep(Math.min(POLL_MILLISECONDS, left));
    }
  }

  /** A write that failed is settled by reading, and made again at the next tick. */
  async renew(): Promise<void> {
    if (!this.lease || this.clock.now() - this.renewedAt < RENEW_MILLISECONDS) return;
    try {
      this.lease = await this.write(this.lease, this.identity);
    } catch (error) {
      const unclear = error instanceof EmqxError && error.code === "EMQX_KUBERNETES_UNREACHABLE";
      if (!unclear && !refusedWith(error, 409) && !refusedWith(error, 404)) throw error;
      const lease = await this.read();
      const holder = lease?.spec?.holderIdentity;
      if (!lease || holder !== this.identity) throw this.fenced(holder || "nobody");
      this.lease = lease;
    }
  }

  /** Best effort: an unreleased lease expires by itself. */
  async release(): Promise<void> {
    const { lease } = this;
    if (!lease) return;
    this.lease = undefined;
    try {
      await this.write(lease, "");
    } catch (error) {
      if (!(error instanceof EmqxError)) throw error;
    }
  }

  private read(): Promise<Lease | undefined> {
    const { namespace, name } = this.site;
    return this.kube.get<Lease>({ kind: "Lease", namespace, name: names.rollout(name) });
  }

  /** False when somebody else was quicker. */
  private async take(lease: Lease | undefined): Promise<boolean> {
    try {
      this.lease = await this.write(lease, this.identity);
      return true;
    } catch (error) {
      if (refusedWith(error, 409) || refusedWith(error, 404)) return false;
      throw error;
    }
  }

  private async write(lease: Lease | undefined, holder: string): Promise<Lease> {
    const now = this.clock.now();
    const time = new Date(now).toISOString().replace("Z", "000Z");
    const { name, namespace } = this.site;
    const kept = lease?.spec?.holderIdentity === this.identity;
    const transitions = lease?.spec?.leaseTransitions ?? 0;
    const object = {
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
    const written = lease
      ? await this.kube.replace<Lease>(object)
      : await this.kube.create<Lease>(object);
    this.renewedAt = now;
    return written;
  }

  private fenced(holder: string): EmqxError {
    const { name, namespace } = this.site;
    return new EmqxError(
      "EMQX_ROLLOUT_FENCED",
      `Another run works on the cluster ${namespace}/${name}: ${holder} (host/pid/id) renews the Lease ${names.rollout(name)}. ` +
        "This run has stopped and changed nothing since. Wait for the other one, or end it; then run `pulumi up` again.",
    );
  }
}
