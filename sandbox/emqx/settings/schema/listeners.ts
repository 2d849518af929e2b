import type { ConfigType } from "./types";
import { anything, bind, duration, either, flag, integer } from "./types";
import { listOf, mapOf, oneOf, struct, text } from "./types";

const tcpOptions = struct({
  active_n: integer(0),
  backlog: integer(1),
  buffer: text,
  high_watermark: text,
  keepalive: text,
  nodelay: flag,
  nolinger: flag,
  recbuf: text,
  reuseaddr: flag,
  send_timeout: duration,
  send_timeout_close: flag,
  sndbuf: text,
});

const listener = struct({
  acceptors: integer(1),
  access_rules: listOf(text),
  authentication: anything,
  bind,
  bytes_burst: text,
  bytes_rate: text,
  enable: flag,
  enable_authn: oneOf("true", "false", "quick_deny_anonymous"),
  enabled: flag,
  limiter: anything,
  max_conn_burst: text,
  max_conn_rate: text,
  max_connections: either("infinity", integer(1)),
  messages_burst: text,
  messages_rate: text,
  mountpoint: text,
  parse_unit: oneOf("chunk", "frame"),
  proxy_protocol: flag,
  proxy_protocol_timeout: duration,
  quic: anything,
  ssl_options: anything,
  tcp_backend: oneOf("gen_tcp", "socket"),
  tcp_options: tcpOptions,
  websocket: anything,
  zone: text,
});

/** The root `listeners`: a map of listeners by name for each protocol. */
export const listeners: ConfigType = struct({
  quic: mapOf(anything),
  ssl: mapOf(listener),
  tcp: mapOf(listener),
  ws: mapOf(listener),
  wss: mapOf(listener),
});

const http = struct({
  backlog: integer(1),
  bind,
  enable: flag,
  inet6: flag,
  ipv6_v6only: flag,
  max_connections: integer(1),
  num_acceptors: integer(1),
  proxy_header: flag,
  send_timeout: duration,
  ssl_options: anything,
});

/** The root `dashboard`. */
export const dashboard: ConfigType = struct({
  bootstrap_users_file: text,
  cors: flag,
  default_password: text,
  default_username: text,
  i18n_lang: oneOf("en", "zh"),
  listeners: struct({ http, https: anything }),
  password_expired_time: duration,
  sample_interval: duration,
  sso: anything,
  swagger_support: flag,
  token_expired_time: duration,
});
