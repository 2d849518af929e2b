/**
 * Deals targets like a shuffled deck: each once in random order, then all over again. As even as
 * IPVS' round robin, and never in step with a pattern among those who draw.
 */
export class Deck<T> {
  private left: T[] = [];
  private known = "";

  constructor(private readonly key: (target: T) => string) {}

  /** One of the targets that there are now; undefined when there is none. */
  draw(targets: readonly T[]): T | undefined {
    const known = targets.map(this.key).sort().join();
    if (known !== this.known) {
      this.known = known;
      this.left = [];
    }
    if (this.left.length === 0) this.left = [...targets];
    return this.left.splice(Math.floor(Math.random() * this.left.length), 1)[0];
  }
}
