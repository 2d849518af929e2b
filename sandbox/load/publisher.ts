import type { Client } from "./client";
import type { Ledger } from "./ledger";
import type { FleetPlan } from "./plan";

/** Share of the messages that go to channels whose subscriber is away, so that queues fill. */
const TO_OFFLINE = 0.25;
/** Messages that one turn may catch up with after a pause of the process. */
const BURST = 50;

/** Paces the fleet's messages and deals them out to the publishers. */
export class Publisher {
  /** True once the fleet is settling. */
  stopped = false;
  private readonly publishers: Client[];
  private startedAt: number | undefined;
  private sent = 0;
  private turnOf = 0;

  constructor(
    private readonly plan: FleetPlan,
    clients: Client[],
    private readonly ledger: Ledger,
    private readonly options: { rate: number; topic: (channel: number) => string },
  ) {
    this.publishers = clients.filter((client) => client.plan.publisher);
  }

  start(now: number): void {
    this.startedAt = now;
  }

  stop(): void {
    this.stopped = true;
  }

  turn(now: number): void {
    if (this.startedAt === undefined || this.stopped || this.plan.channels.length === 0) return;
    const due = Math.floor(((now - this.startedAt) / 1000) * this.options.rate);
    if (due - this.sent > BURST) this.sent = due - BURST;
    while (this.sent < due) {
      this.sent += 1;
      this.publishOne();
    }
  }

  private publishOne(): void {
    const channel = this.chooseChannel();
    const topic = this.options.topic(channel);
    for (let tries = 0; tries < this.publishers.length; tries += 1) {
      const client = this.publishers[this.turnOf++ % this.publishers.length];
      if (client?.publish(topic, () => this.ledger.create(channel))) return;
    }
  }

  private chooseChannel(): number {
    const { offlineChannels, channels } = this.plan;
    if (Math.random() < TO_OFFLINE && offlineChannels.length > 0) {
      return offlineChannels[Math.floor(Math.random() * offlineChannels.length)] ?? 0;
    }
    return Math.floor(Math.random() * channels.length);
  }
}
