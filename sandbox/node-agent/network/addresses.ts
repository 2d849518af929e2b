import net from "node:net";

/** Port whose listener marks a block as taken; nothing else in the sandbox uses it. */
const CLAIM_PORT = 20_088;
const LAST_HOST = 250;

/** What a process listens on where the pod's status says `10.88.x.y`: EndpointSlices refuse loopback. */
export function processAddress(podAddress: string): string {
  return podAddress.replace(/^10\.88\./, "127.88.");
}

/**
 * Hands out `10.88.x.y`, each address once before any is used again. Loopback is shared by all
 * sandboxes of the machine, so each agent claims whole blocks `127.88.x.0/24` by a listening
 * socket, and takes another block when one is used up.
 */
export class Addresses {
  private readonly blocks: { block: number; claim: net.Server }[] = [];
  private current = 0;
  private next = 1;
  private readonly inUse = new Set<string>();

  /** Claims the first block; throws when the platform has no 127.88.0.0/16 or all blocks are taken. */
  static async open(): Promise<Addresses> {
    const addresses = new Addresses();
    await addresses.claimBlock();
    return addresses;
  }

  private constructor() {}

  /** An address that no pod has; pods that ended long ago may have had it. */
  async take(): Promise<string> {
    if (this.next > LAST_HOST) await this.turnOver();
    for (let tries = 0; tries <= this.blocks.length * LAST_HOST; tries += 1) {
      if (this.next > LAST_HOST) {
        this.current = (this.current + 1) % this.blocks.length;
        this.next = 1;
      }
      const address = `10.88.${this.blocks[this.current]?.block ?? 0}.${this.next++}`;
      if (this.inUse.has(address)) continue;
      this.inUse.add(address);
      return address;
    }
    throw new Error("Expected a free pod address, but all of this sandbox's are in use.");
  }

  release(address: string): void {
    this.inUse.delete(address);
  }

  close(): void {
    for (const { claim } of this.blocks) claim.close();
  }

  private async turnOver(): Promise<void> {
    try {
      await this.claimBlock();
    } catch {
      // Every block is taken: the oldest addresses of this sandbox come round again.
      this.current = (this.current + 1) % this.blocks.length;
      this.next = 1;
    }
  }

  private async claimBlock(): Promise<void> {
    const first = Math.floor(Math.random() * 254);
    let reason: unknown;
    for (let i = 0; i < 254; i += 1) {
      const block = 1 + ((first + i) % 254);
      try {
        const claim = await listen(`127.88.${block}.254`);
        this.blocks.push({ block, claim });
        this.current = this.blocks.length - 1;
        this.next = 1;
        return;
      } catch (error) {
        reason = error;
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") break;
      }
    }
    throw new Error(
      `Expected a free block of 127.88.0.0/16 for the pods, but binding one failed: ${String(reason)}. ` +
        "The sandbox needs a platform where all of 127.0.0.0/8 is loopback, such as Linux.",
    );
  }
}

function listen(host: string): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once("error", reject);
    server.listen({ host, port: CLAIM_PORT, exclusive: true }, () => resolve(server.unref()));
  });
}
