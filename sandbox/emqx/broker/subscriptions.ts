import type { Routes } from "../cluster/routes";
import type { Subscription } from "./message";
import type { Session } from "./session";
import type { SharedGroups } from "./shared-groups";
import { sharedFilter, TopicTable } from "./topics";

/** The subscriptions of this node's sessions; keeps the cluster's routes in step. */
export class Subscriptions {
  readonly table = new TopicTable<Session, true>();
  /** Subscriptions, counted per session and filter. */
  count = 0;

  constructor(
    private readonly routes: Routes,
    private readonly groups: SharedGroups,
  ) {}

  /** Adds or changes a subscription; true when other nodes have to learn of a new route. */
  attach(session: Session, filter: string, subscription: Subscription): boolean {
    if (!session.subscriptions.has(filter)) this.count += 1;
    session.subscriptions.set(filter, subscription);
    const shared = sharedFilter(filter);
    if (shared) return this.groups.join(shared.group, shared.filter, filter, session);
    const isNew = this.table.set(filter, session, true);
    if (isNew) this.routes.add(filter);
    return isNew;
  }

  /** Ends a subscription; false when there was none. */
  detach(session: Session, filter: string): boolean {
    if (!session.subscriptions.delete(filter)) return false;
    this.count -= 1;
    const shared = sharedFilter(filter);
    if (shared) this.groups.leave(shared.group, shared.filter, session);
    else if (this.table.delete(filter, session)) this.routes.remove(filter);
    return true;
  }
}
