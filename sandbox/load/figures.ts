import type { MessageFigures } from "./ledger";

/** Connected clients at one moment; those with offline sessions are not among them. */
export interface Sample {
  /** Milliseconds since the epoch. */
  t: number;
  total: number;
  /** Fewest connected since the sample before. */
  low: number;
  /** By index into `pods`. */
  byPod: number[];
}

/** What the clients saw, as plain numbers; times are milliseconds since the epoch. */
export interface FleetFigures {
  clients: number;
  offline: number;
  pods: string[];
  samples: Sample[];
  /** `[time, pod, client]` of every lost connection of a client that had been accepted. */
  disconnects: [number, number, number][];
  /** `[time of the attempt, time of the acceptance, pod, client]` of every accepted connection. */
  connects: [number, number, number, number][];
  /** `[time, pod]` of every attempt, accepted or not. */
  attempts: [number, number][];
  /** How often a connection failed or was refused, by reason. */
  refusals: Record<string, number>;
  /** Why connections ended, by reason. */
  endings: Record<string, number>;
  sessionsExpected: number;
  /** Clients whose session was gone when they came back. */
  sessionsLost: number;
  messages: MessageFigures;
  /** `[client identifier, message, its session was never gone]` of every message in `messages.lost`. */
  missing: [string, string, boolean][];
  /** What every client identifier begins with; its index follows. */
  clientPrefix: string;
}
