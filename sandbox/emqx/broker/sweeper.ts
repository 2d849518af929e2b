import type { Broker } from "./broker";
import type { Publishing } from "./publishing";

/** Once a second: publishes delayed wills that are due and ends sessions that have expired. */
export function sweepSessions(broker: Broker, publishing: Publishing, now: number): void {
  for (const session of broker.sessions.values()) {
    if (session.disconnectedAt === undefined || session.departure) continue;
    if (session.willAt !== undefined && session.willAt <= now && session.will) {
      const { message } = session.will;
      session.will = undefined;
      session.willAt = undefined;
      publishing.publish(message);
    }
    if (session.disconnectedAt + session.expiryMs <= now) broker.end(session);
  }
}
