/** Clients of the model: who is connected where, who is away, and how often each was cut. */

export interface ModelClient {
  id: number;
  /** Keeps its session while away. */
  persistent: boolean;
  /** Node that it is connected to, or null while away. */
  node: string | null;
  /** Node that holds its session, or null when it has none. */
  session: string | null;
  /** Virtual time at which an away client tries again; Infinity for one that stays offline. */
  retryAt: number;
  disconnects: number;
  lost: boolean;
}

export interface Eviction {
  at: number;
  node: string;
}
