import type { Members } from "../cluster/members";
import type { Mesh } from "../cluster/mesh";
import type { Message } from "./message";
import type { Session } from "./session";
import { TopicTable } from "./topics";

interface Group {
  /** The filter as the clients wrote it, `$share/...`. */
  full: string;
  sessions: Session[];
  next: number;
}

/** Shared subscriptions: one member of each group gets a message, somewhere in the cluster. */
export class SharedGroups {
  /** Group names by filter, each with the nodes that have members. */
  private readonly nodes = new TopicTable<string, Set<string>>();
  private readonly local = new Map<string, Group>();

  constructor(
    private readonly mesh: Mesh,
    private readonly members: Members,
  ) {
    mesh.on("share+", (from, group, filter) => this.addNode(String(group), String(filter), from));
    mesh.on("share-", (from, group, filter) => this.dropNode(String(group), String(filter), from));
    mesh.on("share", (_from, group, filter, message) => {
      this.deliver(String(group), String(filter), message as Message);
    });
    members.onDown((name) => {
      for (const filter of [...this.nodes.filters()]) {
        for (const group of [...(this.nodes.entries(filter)?.keys() ?? [])]) {
          this.dropNode(group, filter, name);
        }
      }
    });
  }

  /** Shared subscriptions of this node. */
  get count(): number {
    let total = 0;
    for (const group of this.local.values()) total += group.sessions.length;
    return total;
  }

  list(): [group: string, filter: string][] {
    return [...this.local.keys()].map((key) => splitKey(key));
  }

  learn(node: string, groups: [string, string][]): void {
    for (const [group, filter] of groups) this.addNode(group, filter, node);
  }

  join(name: string, filter: string, full: string, session: Session): boolean {
    const group = this.local.get(keyOf(name, filter));
    if (group) {
      if (!group.sessions.includes(session)) group.sessions.push(session);
      return false;
    }
    this.local.set(keyOf(name, filter), { full, sessions: [session], next: 0 });
    this.addNode(name, filter, this.members.self);
    this.members.broadcast("share+", name, filter);
    return true;
  }

  leave(name: string, filter: string, session: Session): void {
    const group = this.local.get(keyOf(name, filter));
    if (!group) return;
    group.sessions = group.sessions.filter((member) => member !== session);
    if (group.sessions.length > 0) return;
    this.local.delete(keyOf(name, filter));
    this.dropNode(name, filter, this.members.self);
    this.members.broadcast("share-", name, filter);
  }

  /** Gives a message to one member of each matching group; the number of groups. */
  publish(message: Message): number {
    let groups = 0;
    this.nodes.match(message.topic, (group, filter, nodes) => {
      groups += 1;
      const list = [...nodes];
      const node = list[Math.floor(Math.random() * list.length)] ?? this.members.self;
      if (node === this.members.self) this.deliver(group, filter, message);
      else this.mesh.send(node, ["share", group, filter, message]);
    });
    return groups;
  }

  private deliver(name: string, filter: string, message: Message): void {
    const group = this.local.get(keyOf(name, filter));
    if (!group) return;
    const online = group.sessions.filter((session) => session.channel);
    const candidates = online.length > 0 ? online : group.sessions;
    group.next += 1;
    candidates[group.next % candidates.length]?.deliver(group.full, message);
  }

  private addNode(group: string, filter: string, node: string): void {
    const nodes = this.nodes.entries(filter)?.get(group);
    if (nodes) nodes.add(node);
    else this.nodes.set(filter, group, new Set([node]));
  }

  private dropNode(group: string, filter: string, node: string): void {
    const nodes = this.nodes.entries(filter)?.get(group);
    nodes?.delete(node);
    if (nodes?.size === 0) this.nodes.delete(filter, group);
  }
}

function keyOf(group: string, filter: string): string {
  return `${group}/${filter}`;
}

function splitKey(key: string): [group: string, filter: string] {
  const slash = key.indexOf("/");
  return [key.slice(0, slash), key.slice(slash + 1)];
}
