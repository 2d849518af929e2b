import type { Broker } from "../broker/broker";
import type { Registry } from "../cluster/registry";
import type { Handover } from "../cluster/handover";
import type { Mesh } from "../cluster/mesh";
import { Reason } from "../mqtt/codes";
import type { Connection } from "../mqtt/connection";

/** What eviction works with. */
export interface EvictionParts {
  broker: Broker;
  connections: Set<Connection>;
  handover: Handover;
  registry: Registry;
  mesh: Mesh;
  /** How long one move takes at least, in milliseconds. */
  moveMs: number;
  /** The fault: sessions that moved on by themselves meanwhile are cut a second time. */
  secondCut(): boolean;
}

/** Disconnects up to `count` clients; MQTT 5 clients are told to use another server. */
export function evictConnections(parts: EvictionParts, count: number): void {
  let left = count;
  for (const connection of parts.connections) {
    if (left === 0) return;
    if (!connection.isOpen) continue;
    left -= 1;
    connection.kick(Reason.useAnotherServer);
  }
}

/** Moves up to `count` sessions, one after the other. */
export async function evictSessions(
  parts: EvictionParts,
  count: number,
  recipients: string[],
): Promise<void> {
  const clientIds: string[] = [];
  for (const session of parts.broker.sessions.values()) {
    if (clientIds.length === count) break;
    if (!session.departure) clientIds.push(session.clientId);
  }
  for (const clientId of clientIds) {
    const to = recipients[Math.floor(Math.random() * recipients.length)] ?? "";
    const started = Date.now();
    await moveOne(parts, clientId, to);
    const rest = parts.moveMs - (Date.now() - started);
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
  }
}

async function moveOne(parts: EvictionParts, clientId: string, to: string): Promise<void> {
  const session = parts.broker.sessions.get(clientId);
  if (session && !session.departure) {
    session.channel?.kick(Reason.useAnotherServer);
    // A session that ends with its connection is gone by now.
    if (parts.broker.sessions.get(clientId) === session) await parts.handover.send(session, to);
    return;
  }
  if (parts.secondCut() && parts.registry.owner(clientId) !== to) {
    await parts.mesh.call(to, "session.fetch", clientId).catch(() => false);
  }
}
