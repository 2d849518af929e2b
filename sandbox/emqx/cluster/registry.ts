import type { Members } from "./members";
import type { Mesh } from "./mesh";

/** Which node holds which client's session, known on every node (EMQX's global channel registry). */
export class Registry {
  private readonly owners = new Map<string, string>();
  /** Asked when another node claims a client; the broker gives up its own session if it is the older one. */
  onClaim: (clientId: string, node: string, claimedAt: number) => void = () => undefined;

  constructor(
    mesh: Mesh,
    private readonly members: Members,
  ) {
    mesh.on("reg", (from, clientId, claimedAt) => {
      this.owners.set(String(clientId), from);
      this.onClaim(String(clientId), from, Number(claimedAt));
    });
    mesh.on("unreg", (from, clientId) => {
      if (this.owners.get(String(clientId)) === from) this.owners.delete(String(clientId));
    });
    members.onDown((name) => {
      for (const [clientId, owner] of this.owners) {
        if (owner === name) this.owners.delete(clientId);
      }
    });
  }

  /** Sessions in the cluster. */
  get size(): number {
    return this.owners.size;
  }

  owner(clientId: string): string | undefined {
    return this.owners.get(clientId);
  }

  claim(clientId: string, claimedAt: number): void {
    this.owners.set(clientId, this.members.self);
    this.members.broadcast("reg", clientId, claimedAt);
  }

  release(clientId: string): void {
    if (this.owners.get(clientId) !== this.members.self) return;
    this.owners.delete(clientId);
    this.members.broadcast("unreg", clientId);
  }

  /** The clients of this node. */
  own(): string[] {
    return [...this.owners].flatMap(([id, owner]) => (owner === this.members.self ? [id] : []));
  }

  /** Takes over what a node says about its own clients. */
  learn(node: string, clientIds: string[]): void {
    for (const clientId of clientIds) this.owners.set(clientId, node);
  }
}
