import type { ConfigType } from "./types";
import { anything, bytesize, duration, either, flag, integer, listOf } from "./types";
import { mapOf, number, oneOf, struct, text } from "./types";

const certificate = oneOf("disabled", "cn", "dn", "crt", "pem", "md5");

/** The root `mqtt` (`emqx_schema:mqtt_general/0` and `mqtt_session/0`). */
export const mqtt: ConfigType = struct({
  await_rel_timeout: duration,
  client_attrs_init: listOf(anything),
  clientid_override: text,
  exclusive_subscription: flag,
  idle_timeout: either("infinity", duration),
  ignore_loop_deliver: flag,
  keepalive_backoff: number,
  keepalive_check_interval: duration,
  keepalive_multiplier: number,
  max_awaiting_rel: either("infinity", integer(0)),
  max_clientid_len: integer(23, 65_535),
  max_inflight: integer(1, 65_535),
  max_mqueue_len: either("infinity", integer(0)),
  max_packet_size: bytesize,
  max_qos_allowed: oneOf("0", "1", "2"),
  max_subscriptions: either("infinity", integer(1)),
  max_topic_alias: integer(0, 65_535),
  max_topic_levels: integer(1, 65_535),
  message_expiry_interval: either("infinity", duration),
  mqueue_default_priority: oneOf("highest", "lowest"),
  mqueue_priorities: either("disabled", mapOf(integer(0, 255))),
  mqueue_store_qos0: flag,
  peer_cert_as_clientid: certificate,
  peer_cert_as_username: certificate,
  response_information: text,
  retain_available: flag,
  retry_interval: either("infinity", duration),
  server_keepalive: either("disabled", integer(1)),
  session_expiry_interval: duration,
  shared_subscription: flag,
  shared_subscription_initial_sticky_pick: oneOf("random", "local", "hash_topic", "hash_clientid"),
  shared_subscription_strategy: oneOf(
    ...["random", "round_robin", "round_robin_per_group", "sticky", "local"],
    ...["hash_topic", "hash_clientid"],
  ),
  strict_mode: flag,
  upgrade_qos: flag,
  use_username_as_clientid: flag,
  wildcard_subscription: flag,
});
