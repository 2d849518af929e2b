import type { Members } from "../cluster/members";
import type { Mesh } from "../cluster/mesh";
import type { Routes } from "../cluster/routes";
import type { Message } from "./message";
import type { Metrics } from "./metrics";
import type { RetainedStore } from "./retained";
import type { SharedGroups } from "./shared-groups";
import type { Subscriptions } from "./subscriptions";

/** Brings messages to the subscribers of this node and of the others. */
export class Publishing {
  private sequence = 0;

  constructor(
    private readonly mesh: Mesh,
    private readonly members: Members,
    private readonly routes: Routes,
    private readonly subscriptions: Subscriptions,
    private readonly groups: SharedGroups,
    private readonly retained: RetainedStore,
    private readonly metrics: Metrics,
  ) {
    mesh.on("publish", (_from, message) => this.dispatch(message as Message));
    mesh.on("retain", (_from, message) => this.retained.put(message as Message));
  }

  /** An identifier for a new message, unique in the cluster. */
  nextId(): string {
    this.sequence += 1;
    return `${this.mesh.self.instance}${this.sequence}`;
  }

  /** Publishes; the number of sessions, groups and nodes that it went to. */
  publish(message: Message): number {
    if (message.retain) {
      this.retained.put(message);
      this.members.broadcast("retain", message);
    }
    let reached = this.dispatch(message) + this.groups.publish(message);
    for (const node of this.routes.nodesFor(message.topic)) {
      this.mesh.send(node, ["publish", message]);
      this.metrics.add("messages.forward");
      reached += 1;
    }
    if (reached === 0) {
      this.metrics.add("messages.dropped");
      this.metrics.add("messages.dropped.no_subscribers");
    }
    return reached;
  }

  private dispatch(message: Message): number {
    let reached = 0;
    this.subscriptions.table.match(message.topic, (session, filter) => {
      session.deliver(filter, message);
      reached += 1;
    });
    if (reached > 0) this.metrics.add("messages.delivered", reached);
    return reached;
  }
}
