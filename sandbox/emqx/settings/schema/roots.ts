import type { ConfigValue } from "../hocon";
import { dashboard, listeners } from "./listeners";
import { mqtt } from "./mqtt";
import { alarm, log, sysmon } from "./system";
import type { ConfigProblem, ConfigType } from "./types";
import { anything, bytesize, duration, either, flag, integer } from "./types";
import { listOf, oneOf, percent, struct, text } from "./types";

/** Roots that are only known by name. */
const OPAQUE = (
  "actions api_key authentication auto_subscribe banned bridges cluster connectors crl_cache durable_sessions durable_storage exhook " +
  "file_transfer gateway gcp_device limiter message_transformation mq multi_tenancy namespace node opentelemetry plugins " +
  "psk_authentication rewrite rpc rule_engine schema_registry schema_validation session_persistence sources streams " +
  "telemetry tcp_listener_defaults topic_metrics trace zones"
).split(" ");

const TYPES: Record<string, ConfigType> = {
  ...Object.fromEntries(OPAQUE.map((root) => [root, anything])),
  alarm,
  authorization: struct({
    cache: anything,
    deny_action: oneOf("ignore", "disconnect"),
    node_cache: anything,
    no_match: oneOf("allow", "deny"),
    sources: listOf(anything),
  }),
  broker: struct({
    enable_session_registry: flag,
    perf: anything,
    routing: anything,
    session_history_retain: duration,
    session_locking_strategy: oneOf("local", "leader", "quorum", "all"),
    shared_dispatch_ack_enabled: flag,
    shared_subscription_group: anything,
    shared_subscription_strategy: text,
  }),
  conn_congestion: struct({ enable_alarm: flag, min_alarm_sustain_duration: duration }),
  dashboard,
  delayed: struct({ enable: flag, max_delayed_messages: integer(0) }),
  flapping_detect: struct({
    ban_time: duration,
    enable: flag,
    max_count: integer(0),
    window_time: duration,
  }),
  force_gc: struct({ bytes: bytesize, count: integer(0), enable: flag }),
  force_shutdown: struct({
    enable: flag,
    max_heap_size: bytesize,
    max_mailbox_size: integer(0),
    max_message_queue_len: integer(0),
  }),
  license: struct({
    connection_high_watermark: percent,
    connection_low_watermark: percent,
    dynamic_max_connections: integer(0),
    high_watermark_timezone: text,
    key: text,
  }),
  listeners,
  log,
  mqtt,
  overload_protection: struct({
    backoff_delay: integer(0),
    backoff_gc: flag,
    backoff_hibernation: flag,
    backoff_new_conn: flag,
    enable: flag,
  }),
  prometheus: anything,
  retainer: struct({
    allow_never_expire: flag,
    backend: anything,
    delivery_rate: text,
    enable: flag,
    external_backends: anything,
    flow_control: anything,
    max_payload_size: bytesize,
    max_publish_rate: text,
    msg_clear_interval: duration,
    msg_clear_limit: integer(1),
    msg_expiry_interval: duration,
    msg_expiry_interval_override: either("disabled", duration),
    stop_publish_clear_msg: flag,
  }),
  slow_subs: struct({
    enable: flag,
    expire_interval: duration,
    stats_type: oneOf("whole", "internal", "response"),
    threshold: duration,
    top_k_num: integer(1, 1000),
  }),
  stats: struct({ enable: flag }),
  sys_topics: struct({
    sys_event_messages: anything,
    sys_heartbeat_interval: either("disabled", duration),
    sys_msg_interval: either("disabled", duration),
  }),
  sysmon,
};

/** What EMQX answers for one root of a change: nothing, a word for an unknown root, or the first problem. */
export function checkRoot(root: string, value: ConfigValue): string | ConfigProblem | undefined {
  const type = Object.hasOwn(TYPES, root) ? TYPES[root] : undefined;
  if (!type) return `{root_key_not_found,"${root}"}`;
  const [first, ...more] = type(value, root);
  return first && more.length > 0 ? { ...first, unshown_errors_count: more.length } : first;
}

/** True for a root that EMQX's schema has. */
export function isRoot(root: string): boolean {
  return Object.hasOwn(TYPES, root);
}
