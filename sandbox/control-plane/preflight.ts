import { SandboxError } from "../toolchain/sandbox-error";
import { tryBind } from "./ports";

/** What the checks look at; tests replace parts of it. */
export interface Host {
  platform: NodeJS.Platform;
  bind: (host: string, port: number) => Promise<string | undefined>;
}

// Pods listen on 127.88.x.y. Linux answers on the whole of 127.0.0.0/8, others only on 127.0.0.1.
const podAddress = "127.88.0.1";

/** Throws when this machine can't carry a sandbox at all. */
export async function checkHost(
  host: Host = { platform: process.platform, bind: tryBind },
): Promise<void> {
  if (host.platform !== "linux" && host.platform !== "darwin") {
    throw new SandboxError(
      "SANDBOX_PLATFORM",
      `The sandbox runs on Linux (and on macOS with extra loopback addresses), this is ${host.platform}. ` +
        `Use a Linux machine, a virtual machine or, on Windows, WSL 2.`,
    );
  }
  const reason = await host.bind(podAddress, 0);
  if (reason === undefined) return;
  const remedy =
    host.platform === "darwin"
      ? `macOS has only 127.0.0.1: add an alias for each pod (\`sudo ifconfig lo0 alias ${podAddress}\`, and so on), or use a Linux machine or container.`
      : "Bring the loopback interface up with its whole network (`ip addr add 127.0.0.1/8 dev lo && ip link set lo up`), or use another machine.";
  throw new SandboxError(
    "SANDBOX_LOOPBACK",
    `Every pod of the sandbox listens on an address of its own in 127.88.0.0/16, but ${podAddress} can't be bound here (${reason}). ${remedy}`,
  );
}
