import type { Delivery } from "./message";

/** A QoS 1 or 2 delivery that the client hasn't finished yet. */
export interface InflightEntry {
  id: number;
  delivery: Delivery;
  /** True once PUBREC came: what is owed is PUBREL, no longer the message. */
  released: boolean;
}

/** The packet identifiers in use towards one client, in order of sending. */
export class Inflight {
  private readonly entries = new Map<number, InflightEntry>();
  private last = 0;

  get size(): number {
    return this.entries.size;
  }

  add(delivery: Delivery): number {
    do {
      this.last = (this.last % 65_535) + 1;
    } while (this.entries.has(this.last));
    this.entries.set(this.last, { id: this.last, delivery, released: false });
    return this.last;
  }

  get(id: number): InflightEntry | undefined {
    return this.entries.get(id);
  }

  delete(id: number): boolean {
    return this.entries.delete(id);
  }

  list(): InflightEntry[] {
    return [...this.entries.values()];
  }

  restore(entries: InflightEntry[]): void {
    for (const entry of entries) {
      this.entries.set(entry.id, entry);
      this.last = entry.id;
    }
  }
}
