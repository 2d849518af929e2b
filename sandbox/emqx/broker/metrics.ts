/** Names of a node's counters (`GET /metrics`); those that the simulator doesn't count stay 0. */
const NAMES = (
  "authentication.failure authentication.success authentication.success.anonymous authorization.allow " +
  "authorization.cache_hit authorization.cache_miss authorization.deny authorization.matched.allow " +
  "authorization.matched.deny authorization.nomatch authorization.superuser bytes.received bytes.sent " +
  "client.auth.anonymous client.authenticate client.authorize client.connack client.connect " +
  "client.connected client.disconnected client.subscribe client.unsubscribe delivery.dropped " +
  "delivery.dropped.expired delivery.dropped.no_local delivery.dropped.qos0_msg delivery.dropped.queue_full " +
  "delivery.dropped.too_large messages.acked messages.delayed messages.delivered messages.dropped " +
  "messages.dropped.await_pubrel_timeout messages.dropped.no_subscribers messages.forward " +
  "messages.persisted messages.publish messages.qos0.received messages.qos0.sent messages.qos1.received " +
  "messages.qos1.sent messages.qos2.received messages.qos2.sent messages.received messages.sent " +
  "messages.transformation_failed messages.transformation_succeeded messages.validation_failed " +
  "messages.validation_succeeded overload_protection.delay.ok overload_protection.delay.timeout " +
  "overload_protection.gc overload_protection.hibernation overload_protection.new_conn " +
  "packets.auth.received packets.auth.sent packets.connack.auth_error packets.connack.error " +
  "packets.connack.sent packets.connect.received packets.disconnect.received packets.disconnect.sent " +
  "packets.pingreq.received packets.pingresp.sent packets.puback.inuse packets.puback.missed " +
  "packets.puback.received packets.puback.sent packets.pubcomp.inuse packets.pubcomp.missed " +
  "packets.pubcomp.received packets.pubcomp.sent packets.publish.auth_error packets.publish.dropped " +
  "packets.publish.error packets.publish.inuse packets.publish.received packets.publish.sent " +
  "packets.pubrec.inuse packets.pubrec.missed packets.pubrec.received packets.pubrec.sent " +
  "packets.pubrel.missed packets.pubrel.received packets.pubrel.sent packets.received packets.sent " +
  "packets.suback.sent packets.subscribe.auth_error packets.subscribe.error packets.subscribe.received " +
  "packets.unsuback.sent packets.unsubscribe.error packets.unsubscribe.received session.created " +
  "session.discarded session.resumed session.takenover session.terminated"
).split(" ");

/** One node's counters since it started. */
export class Metrics {
  private readonly values: Record<string, number> = Object.fromEntries(NAMES.map((n) => [n, 0]));

  add(name: string, count = 1): void {
    this.values[name] = (this.values[name] ?? 0) + count;
  }

  get(name: string): number {
    return this.values[name] ?? 0;
  }

  all(): Record<string, number> {
    return { ...this.values };
  }
}
