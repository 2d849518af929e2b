import type { ClusterNode, Evacuation } from "./emqx-api";
import type { Check } from "./checks";
import type { RoleFigures } from "./roles";

/** `report.json`: an upgrade as clients and the API server saw it. Seconds count from its start. */
export interface Report {
  cluster: string;
  from: string;
  to: string;
  /** ISO 8601. */
  startedAt: string;
  /** Sets that served before and after: the replicants' if there are any, else the cores'. */
  sets: { blue: string; green: string };
  /** With replicants: the cores' sets before and after, the same when only replicants are new. */
  coreSets?: { blue: string; green: string };
  /** Whether clients were moved to a new set; false for a change in place, such as scaling. */
  switched: boolean;
  clients: number;
  /** From the change of the Service's selector until the last object of the old set was gone. */
  upgradeSeconds: number;
  /** initialDelaySeconds + clients / connEvictRate + waitTakeover + sessions left over / sessEvictRate. */
  boundSeconds: number;
  ratioToBound: number;
  /** From the appearance of the new StatefulSet until the last object of the old one was gone. */
  rolloutSeconds: number;
  /** How long the whole `pulumi up` took. */
  commandSeconds: number;
  /** What `pulumi preview` said about `rolloutSeconds`, when it was asked. */
  estimateSeconds?: number;
  phases: PhaseFigure[];
  maxDisconnectsPerClient: number;
  clientsDisconnectedMoreThanOnce: number;
  sessionsExpected: number;
  sessionsLost: number;
  qos1Published: number;
  qos1Lost: number;
  /** Of those, the ones meant for a subscriber whose session was never gone. */
  qos1LostByKept: number;
  qos1Duplicates: number;
  /** Messages that EMQX itself lost in takeovers, by its own account, and clients missed; not among `qos1Lost`. */
  takeoverMessagesLost: number;
  /** Connections that the move of a session cut once more, by EMQX's account; not among `maxDisconnectsPerClient`. */
  secondCuts: number;
  /** Fewest clients connected at any moment, as a fraction of all. */
  minConnectedFraction: number;
  /** Most clients that came back within any one second. */
  peakReconnectsPerSecond: number;
  /** Most clients that were disconnected within any one second. */
  peakDisconnectsPerSecond: number;
  connEvictRate: number;
  /** Fewest nodes behind the listeners Service at any moment. */
  minReadyEndpoints: number;
  /** Most sets that were behind the Service at one moment. */
  maxSetsBehindService: number;
  /**
   * Nodes that should serve clients at every moment: the replicants if there are any, else the
   * cores; of a change in place the fewer of before and after.
   */
  desiredReplicas: number;
  /** Attempts on old pods, from one second after the EndpointSlice changed. */
  newConnectionsToBlueAfterSwitch: number;
  blueObjectsLeft: string[];
  /** Connected clients on each old pod when its deletion was first seen. */
  blueDeletions: { pod: string; t: number; connected: number }[];
  clusterNodes: ClusterNode[];
  expectedNodes: string[];
  /** EMQX 4.4 lists stopped nodes until `cluster.autoclean` is over; they break no limit. */
  forgetsLater?: boolean;
  evacuationsLeft: string[];
  /** Connections on the fullest serving node over the mean, at the end. */
  balance: number;
  /** States that each node went through in EMQX's own `global_status`, in their order. */
  nodeEvacuationStates: Record<string, string[]>;
  /** One whole entry of `global_status` in the state `waiting_takeover`. */
  waitingTakeoverSample?: Evacuation;
  /** Only of a cluster with replicants. */
  roles?: RoleFigures;
  checks: Check[];
  timeline: TimelinePoint[];
}

export interface PhaseFigure {
  name: string;
  /** Seconds after the start. */
  start: number;
  seconds: number;
}

export interface TimelinePoint {
  t: number;
  total: number;
  bySet: Record<string, number>;
}
