/** What became of the fleet's QoS 1 messages. */
export interface MessageFigures {
  /** Messages that a broker acknowledged. */
  published: number;
  /** Acknowledged messages that a persistent subscriber never got, counted once a subscriber. */
  lost: number;
  /** Those of them that were meant for a subscriber whose session was never gone. */
  lostByKept: number;
  /** Deliveries beyond the first, which QoS 1 allows. */
  duplicates: number;
  /** Messages sent that no broker has acknowledged. */
  unacknowledged: number;
}

/** Remembers each message: who has to get it, whether it was acknowledged, who got it. */
export class Ledger {
  private readonly channelOf: number[] = [];
  private readonly acknowledged: boolean[] = [];
  /** Bit per member of the channel. */
  private readonly receivedBy: number[] = [];
  private duplicates = 0;

  /** `members[channel]` is the number of subscribers that must get its messages, 31 at most. */
  constructor(private readonly members: number[]) {}

  /** A new message for a channel. */
  create(channel: number): number {
    this.acknowledged.push(false);
    this.receivedBy.push(0);
    return this.channelOf.push(channel) - 1;
  }

  channel(message: number): number | undefined {
    return this.channelOf[message];
  }

  acknowledge(message: number): void {
    this.acknowledged[message] = true;
  }

  receive(message: number, member: number): void {
    const before = this.receivedBy[message];
    if (before === undefined) return;
    const bit = 1 << member;
    if ((before & bit) !== 0) this.duplicates += 1;
    this.receivedBy[message] = before | bit;
  }

  /** `[message, member of its channel]` of every acknowledged message that a subscriber never got. */
  missing(): [message: number, member: number][] {
    const result: [number, number][] = [];
    this.channelOf.forEach((channel, message) => {
      if (!this.acknowledged[message]) return;
      const members = this.members[channel] ?? 0;
      for (let member = 0; member < members; member += 1) {
        if (((this.receivedBy[message] ?? 0) & (1 << member)) === 0) result.push([message, member]);
      }
    });
    return result;
  }

  /** `gone` tells whose session was lost: nothing can be kept for those. */
  figures(gone: (channel: number, member: number) => boolean = () => false): MessageFigures {
    const published = this.acknowledged.filter((isAcknowledged) => isAcknowledged).length;
    const missing = this.missing();
    const lost = missing.length;
    const lostByKept = missing.filter(
      ([message, member]) => !gone(this.channelOf[message] ?? -1, member),
    ).length;
    const unacknowledged = this.channelOf.length - published;
    return { published, lost, lostByKept, duplicates: this.duplicates, unacknowledged };
  }
}
