/** Longest delay in milliseconds, as kubelet's. */
export const MAX_BACKOFF_MS = 300_000;

/**
 * Kubelet's back-off: the first restart is immediate, then the delay starts at `firstMs` and
 * doubles. It starts over after a run of twice the longest delay.
 */
export class Backoff {
  private nextMs = 0;

  constructor(
    private readonly firstMs: number,
    /** False for image pulls, whose first retry waits. */
    private readonly firstIsFree = true,
  ) {}

  /** Milliseconds to wait now, given how long the last run lasted. */
  next(ranForMs: number): number {
    if (ranForMs > 2 * MAX_BACKOFF_MS) this.nextMs = 0;
    const delay = this.nextMs === 0 && !this.firstIsFree ? this.firstMs : this.nextMs;
    this.nextMs = delay === 0 ? this.firstMs : Math.min(delay * 2, MAX_BACKOFF_MS);
    return delay;
  }
}
