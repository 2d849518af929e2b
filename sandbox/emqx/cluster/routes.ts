import { TopicTable } from "../broker/topics";
import type { Members } from "./members";
import type { Mesh } from "./mesh";

/** Which other nodes have subscribers for which topic filter. */
export class Routes {
  private readonly remote = new TopicTable<string, true>();
  private readonly own = new Set<string>();

  constructor(
    mesh: Mesh,
    private readonly members: Members,
  ) {
    mesh.on("route+", (from, filter) => this.remote.set(String(filter), from, true));
    mesh.on("route-", (from, filter) => this.remote.delete(String(filter), from));
    members.onDown((name) => {
      for (const filter of [...this.remote.filters()]) this.remote.delete(filter, name);
    });
  }

  /** Filters of this node. */
  list(): string[] {
    return [...this.own];
  }

  /** Topic filters in the cluster's route table. */
  get size(): number {
    const filters = new Set(this.own);
    for (const filter of this.remote.filters()) filters.add(filter);
    return filters.size;
  }

  add(filter: string): void {
    this.own.add(filter);
    this.members.broadcast("route+", filter);
  }

  remove(filter: string): void {
    this.own.delete(filter);
    this.members.broadcast("route-", filter);
  }

  learn(node: string, filters: string[]): void {
    for (const filter of filters) this.remote.set(filter, node, true);
  }

  /** The other nodes with a subscriber for `topic`. */
  nodesFor(topic: string): Set<string> {
    const nodes = new Set<string>();
    this.remote.match(topic, (node) => nodes.add(node));
    return nodes;
  }
}
