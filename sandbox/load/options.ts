/** Where the fleet finds brokers. */
export type EndpointSource =
  /** Ready endpoints of a Service's port, followed through the API server. */
  | { kind: "service"; kubeconfig: string; namespace: string; service: string; port: number }
  /**
   * A node port on 127.0.0.1, whose forwarder chooses the pod; it writes down which one below
   * `tables` (`ConnectionTable`). The names of the Service's pods come from the API server.
   */
  | {
      kind: "node-port";
      kubeconfig: string;
      namespace: string;
      service: string;
      nodePort: number;
      tables: string;
    }
  | { kind: "static"; endpoints: Endpoint[] };

export interface Endpoint {
  /** Pod, or any name that identifies the broker; empty when it shows only once connected. */
  pod: string;
  host: string;
  port: number;
}

export interface FleetOptions {
  /** Clients that stay connected: MQTT 3.1.1 and 5, clean and persistent, each a quarter. */
  clients: number;
  /** Persistent sessions on top whose clients are away until `settle`. */
  offline: number;
  /** New connections per second while the fleet comes up. */
  rampPerSecond: number;
  /** QoS 1 messages per second, summed over all publishers. */
  messagesPerSecond: number;
  /** Milliseconds that a client waits before it connects again: at least, at most. */
  reconnectDelay: [number, number];
  keepaliveSeconds: number;
  /** Part of client identifiers and topics, so that fleets do not meet. */
  run: string;
  endpoints: EndpointSource;
}

/** What a fleet does unless told otherwise. */
export const fleetDefaults = {
  rampPerSecond: 1000,
  messagesPerSecond: 150,
  // About as long as EMQX pauses between two turns of evicting, so that clients come back as an
  // even stream; shorter delays would make every turn a burst.
  reconnectDelay: [50, 1000] as [number, number],
  keepaliveSeconds: 200,
};

/** Sockets that one process can hold here: 20,000 files less what Node itself needs. */
export const MAX_CLIENTS = 18_000;
