import type { Members } from "./members";
import type { Mesh } from "./mesh";

interface Claim {
  node: string;
  claimedAt: number;
}

/** Which node holds which client's session, known on every node (EMQX's global channel registry). */
export class Registry {
  private readonly owners = new Map<string, Claim>();
  /** Asked when another node claims a client; the broker gives up its own session if it is the older one. */
  onClaim: (clientId: string, node: string, claimedAt: number) => void = () => undefined;

  constructor(
    mesh: Mesh,
    private readonly members: Members,
  ) {
    mesh.on("reg", (from, clientId, claimedAt) => {
      this.note(String(clientId), from, Number(claimedAt));
      this.onClaim(String(clientId), from, Number(claimedAt));
    });
    mesh.on("unreg", (from, clientId) => {
      if (this.owner(String(clientId)) === from) this.owners.delete(String(clientId));
    });
    members.onDown((name) => {
      for (const [clientId, owner] of this.owners) {
        if (owner.node === name) this.owners.delete(clientId);
      }
    });
  }

  /** Sessions in the cluster. */
  get size(): number {
    return this.owners.size;
  }

  owner(clientId: string): string | undefined {
    return this.owners.get(clientId)?.node;
  }

  claim(clientId: string, claimedAt: number): void {
    this.owners.set(clientId, { node: this.members.self, claimedAt });
    this.members.broadcast("reg", clientId, claimedAt);
  }

  release(clientId: string): void {
    if (this.owner(clientId) !== this.members.self) return;
    this.owners.delete(clientId);
    this.members.broadcast("unreg", clientId);
  }

  /** The clients of this node. */
  own(): [clientId: string, claimedAt: number][] {
    return [...this.owners].flatMap(([clientId, { node, claimedAt }]) =>
      node === this.members.self ? [[clientId, claimedAt] as [string, number]] : [],
    );
  }

  /** Takes over what a node says about its own clients. */
  learn(node: string, clients: [clientId: string, claimedAt: number][]): void {
    for (const [clientId, claimedAt] of clients) this.note(clientId, node, claimedAt);
  }

  /** Claims of different nodes can arrive in any order: the youngest counts. */
  private note(clientId: string, node: string, claimedAt: number): void {
    const known = this.owners.get(clientId);
    if (!known || known.claimedAt <= claimedAt) this.owners.set(clientId, { node, claimedAt });
  }
}
