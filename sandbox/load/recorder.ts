import type { FleetFigures, Sample } from "./figures";

type Recorded = Pick<
  FleetFigures,
  "pods" | "samples" | "disconnects" | "connects" | "attempts" | "refusals" | "endings"
>;

/** Counts connections per pod and writes down everything that happens to them. */
export class Recorder {
  private readonly data: Recorded = {
    pods: [],
    samples: [],
    disconnects: [],
    connects: [],
    attempts: [],
    refusals: {},
    endings: {},
  };
  private readonly indices = new Map<string, number>();
  private readonly connected: number[] = [];
  private total = 0;
  private low = 0;

  /** A stable index for a pod. */
  pod(name: string): number {
    const known = this.indices.get(name);
    if (known !== undefined) return known;
    const index = this.data.pods.push(name) - 1;
    this.indices.set(name, index);
    this.connected[index] = 0;
    return index;
  }

  attempt(t: number, pod: number): void {
    this.data.attempts.push([t, pod]);
  }

  /** `counted` is false for clients that are away as a rule. */
  accepted(attempt: number, t: number, pod: number, client: number, counted: boolean): void {
    if (!counted) return;
    this.data.connects.push([attempt, t, pod, client]);
    this.change(pod, 1);
  }

  lost(t: number, pod: number, client: number, counted: boolean, reason: string): void {
    this.data.endings[reason] = (this.data.endings[reason] ?? 0) + 1;
    if (!counted) return;
    this.data.disconnects.push([t, pod, client]);
    this.change(pod, -1);
  }

  refused(reason: string): void {
    this.data.refusals[reason] = (this.data.refusals[reason] ?? 0) + 1;
  }

  sample(t: number): Sample {
    const sample = { t, total: this.total, low: this.low, byPod: [...this.connected] };
    this.low = this.total;
    this.data.samples.push(sample);
    return sample;
  }

  figures(): Recorded {
    return this.data;
  }

  private change(pod: number, by: number): void {
    this.connected[pod] = (this.connected[pod] ?? 0) + by;
    this.total += by;
    this.low = Math.min(this.low, this.total);
  }
}
