import type { Version } from "./codec";

/** What one client is; derived from its number, so that every fleet has the same mix. */
export interface ClientPlan {
  version: Version;
  persistent: boolean;
  /** Away between its first subscription and `settle`. */
  offline: boolean;
  publisher: boolean;
  /** Channel that it subscribes to. */
  channel: number | undefined;
  /** Its place in the channel, when messages must reach it. */
  member: number | undefined;
}

export interface FleetPlan {
  clients: ClientPlan[];
  /** Persistent subscribers of each channel. */
  channels: number[][];
  /** Channels that have a client who is away. */
  offlineChannels: number[];
}

/** Every fifth client publishes; every persistent one subscribes, and some clean ones do. */
export function planFleet(online: number, offline: number): FleetPlan {
  const clients: ClientPlan[] = [];
  for (let i = 0; i < online + offline; i += 1) {
    const away = i >= online;
    clients.push({
      version: i % 2 === 0 ? 5 : 4,
      persistent: away || Math.floor(i / 2) % 2 === 0,
      offline: away,
      publisher: !away && i % 5 === 0,
      channel: undefined,
      member: undefined,
    });
  }
  const present = clients.flatMap((client, i) => (client.persistent && !client.offline ? [i] : []));
  const away = clients.flatMap((client, i) => (client.offline ? [i] : []));
  const channels = pair(present, away);
  channels.forEach((members, channel) =>
    members.forEach((index, member) => Object.assign(clients[index] ?? {}, { channel, member })),
  );
  clients.forEach((client, i) => {
    if (!client.persistent && i % 7 === 0 && channels.length > 0) {
      client.channel = i % channels.length;
    }
  });
  const offlineChannels = channels.flatMap((members, channel) =>
    members.some((index) => clients[index]?.offline) ? [channel] : [],
  );
  return { clients, channels, offlineChannels };
}

/** Two subscribers a channel, one of them away as long as there are such. */
function pair(present: number[], away: number[]): number[][] {
  const waiting = [...present];
  const channels = away.map((index) => [index, ...waiting.splice(0, 1)]);
  while (waiting.length > 0) channels.push(waiting.splice(0, 2));
  return channels;
}
