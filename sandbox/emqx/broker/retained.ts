import type { Message } from "./message";
import { topicMatches } from "./topics";

/** The retained messages, a copy of which every node of the cluster holds. */
export class RetainedStore {
  private readonly messages = new Map<string, Message>();

  get size(): number {
    return this.messages.size;
  }

  /** Stores a message; an empty payload deletes. */
  put(message: Message): void {
    if (message.payload.length === 0) this.messages.delete(message.topic);
    else this.messages.set(message.topic, message);
  }

  matching(filter: string, now: number): Message[] {
    const found: Message[] = [];
    for (const message of this.candidates(filter)) {
      if (message.expiresAt === undefined || message.expiresAt > now) found.push(message);
    }
    return found;
  }

  all(): Message[] {
    return [...this.messages.values()];
  }

  replace(messages: Message[]): void {
    this.messages.clear();
    for (const message of messages) this.messages.set(message.topic, message);
  }

  private candidates(filter: string): Message[] {
    if (!/[+#]/.test(filter)) {
      const message = this.messages.get(filter);
      return message ? [message] : [];
    }
    return this.all().filter((message) => topicMatches(filter, message.topic));
  }
}
