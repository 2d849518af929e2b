const SLOT_MS = 10;
const SLOTS = 4096;

/**
 * One timer for all clients: each index is due at most once at any moment. A timer of Node's per
 * client would cost more than the client's packets.
 */
export class Wheel {
  private readonly slots: number[][] = Array.from({ length: SLOTS }, () => []);
  private readonly dueAt: Float64Array;
  // An entry left behind by a later `set` is known by standing in another slot than this one.
  private readonly slotOf: Int32Array;
  private position: number;

  constructor(
    size: number,
    now: number,
    private readonly fire: (index: number, now: number) => void,
  ) {
    this.dueAt = new Float64Array(size).fill(Infinity);
    this.slotOf = new Int32Array(size).fill(-1);
    this.position = Math.floor(now / SLOT_MS);
  }

  /** Makes `index` due at `at` (milliseconds), in place of what was set before. */
  set(index: number, at: number): void {
    this.dueAt[index] = at;
    const slot = Math.max(this.position + 1, Math.ceil(at / SLOT_MS));
    this.put(index, Math.min(slot, this.position + SLOTS - 1));
  }

  clear(index: number): void {
    this.slotOf[index] = -1;
  }

  /** Fires everything that is due at `now`. */
  turn(now: number): void {
    const last = Math.floor(now / SLOT_MS);
    while (this.position < last) {
      this.position += 1;
      const slot = this.position % SLOTS;
      const entries = this.slots[slot] ?? [];
      this.slots[slot] = [];
      for (const index of entries) this.take(index, slot, now);
    }
  }

  private take(index: number, slot: number, now: number): void {
    if (this.slotOf[index] !== slot) return;
    this.slotOf[index] = -1;
    const at = this.dueAt[index] ?? Infinity;
    if (at > now) this.set(index, at);
    else this.fire(index, now);
  }

  private put(index: number, position: number): void {
    const slot = position % SLOTS;
    if (this.slotOf[index] === slot) return;
    this.slotOf[index] = slot;
    this.slots[slot]?.push(index);
  }
}
