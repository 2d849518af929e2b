/** What a program says about monitoring; the objects are those of the Prometheus Operator and Grafana. */

/** Everything is made by default as soon as `monitoring` is given; `false` leaves a part out. */
export interface MonitoringArgs {
  /**
   * Lets the Prometheus Operator scrape every pod of the cluster.
   * @default true
   */
  podMonitor?: boolean | PodMonitorArgs;
  /**
   * Alerts: an evacuation that is stuck, a dip of the connections, a stopped node, the licence.
   * @default true
   */
  prometheusRule?: boolean | PrometheusRuleArgs;
  /**
   * A Grafana dashboard in a ConfigMap, as Grafana's dashboard sidecar collects it.
   * @default true
   */
  grafanaDashboard?: boolean | GrafanaDashboardArgs;
}

export interface PodMonitorArgs {
  /**
   * Time between two scrapes, such as `5s` or `1m`. An upgrade moves clients within seconds, so a
   * longer interval hides it.
   * @default "10s"
   */
  interval?: string;
  /** Labels by which a Prometheus selects its PodMonitors, such as `{ release: "prometheus" }`. */
  labels?: Record<string, string>;
  /**
   * Name of a Secret in the cluster's namespace whose keys `username` and `password` Prometheus
   * sends. Needed where EMQX asks for credentials: `prometheus.enable_basic_auth` in EMQX 5 and 6,
   * EMQX 4.4 before 4.4.10.
   * @default none for EMQX 5 and 6; the dashboard's administrator for EMQX 4.4, where there is one
   */
  basicAuthSecret?: string;
}

export interface PrometheusRuleArgs {
  /** Labels by which a Prometheus selects its rules, such as `{ release: "prometheus" }`. */
  labels?: Record<string, string>;
  /**
   * Minutes without a change after which an evacuation counts as stuck. At least `waitTakeover`.
   * @default 10
   */
  stuckMinutes?: number;
  /**
   * Share of the connected clients, in percent, whose loss within `dipMinutes` is an alert. An
   * upgrade at the configured rates stays far below it.
   * @default 20
   */
  dipPercent?: number;
  /**
   * Minutes over which a dip is measured.
   * @default 5
   */
  dipMinutes?: number;
  /**
   * Connected clients below which no dip is reported, since a few clients are a large share.
   * @default 50
   */
  dipMinimum?: number;
  /**
   * Minutes that a node may be stopped. EMQX 4.4 forgets a stopped node itself, after
   * `cluster.autoclean` (5 minutes), so a longer time would never alert there.
   * @default 5, and 3 for EMQX 4.4
   */
  stoppedMinutes?: number;
  /**
   * Days before the licence's end at which its expiry is an alert.
   * @default 30
   */
  licenseDays?: number;
  /**
   * Share of the licence's sessions, in percent, above which their number is an alert.
   * @default 80
   */
  sessionPercent?: number;
  /**
   * Sessions that the licence allows, for releases that do not export it as
   * `emqx_license_max_sessions`.
   * @default what EMQX exports
   */
  licensedSessions?: number;
}

export interface GrafanaDashboardArgs {
  /**
   * Labels of the ConfigMap.
   * @default { grafana_dashboard: "1" }, to which these are added
   */
  labels?: Record<string, string>;
  /** Annotations of the ConfigMap. */
  annotations?: Record<string, string>;
  /** Folder in Grafana; the annotation `grafana_folder` of its Helm chart. */
  folder?: string;
}

/** Management API of the pods: EMQX 5 and 6, or EMQX 4.4. */
export type Dialect = "v5" | "v4";

/** The cluster that is watched. */
export interface Target {
  /** Physical name of the cluster, the pods' label `app.kubernetes.io/instance`. */
  name: string;
  namespace: string;
  dialect: Dialect;
  /** Name of the container port that serves the metrics. */
  dashboardPortName: string;
  /** Secret to use when `podMonitor.basicAuthSecret` is not given. */
  basicAuthSecret?: string;
}
