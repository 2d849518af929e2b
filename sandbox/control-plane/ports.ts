import { createServer } from "node:net";
import { SandboxError } from "../toolchain/sandbox-error";

// Below Linux' range for outgoing connections (32768 and up) and below the NodePorts (30000 and
// up), so that neither thousands of MQTT clients nor a Service takes a port before it is bound.
const lowest = 20_000;
const highest = 29_999;

/** Whether an address and port can be bound now; otherwise the reason (`EADDRINUSE`, ...). */
export function tryBind(host: string, port: number): Promise<string | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(undefined)));
  });
}

/** Different ports on 127.0.0.1 that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempts = 0; ports.size < count && attempts < 1000; attempts++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    if ((await tryBind("127.0.0.1", port)) === undefined) ports.add(port);
  }
  if (ports.size < count) {
    throw new SandboxError(
      "SANDBOX_PORT_BUSY",
      `Expected ${count} free ports between ${lowest} and ${highest} on 127.0.0.1, found ${ports.size}. ` +
        `End what listens there (\`ss -ltnp\` shows it), then run this again.`,
    );
  }
  return [...ports];
}

/** Throws when a port that somebody asked for can't be had. */
export async function checkPort(port: number): Promise<void> {
  const reason = await tryBind("127.0.0.1", port);
  if (reason === undefined) return;
  const why =
    reason === "EADDRINUSE"
      ? "is in use by another program"
      : reason === "EACCES"
        ? "needs root (it is below 1024)"
        : `can't be bound (${reason})`;
  throw new SandboxError(
    "SANDBOX_PORT_BUSY",
    `Port ${port} on 127.0.0.1, asked for as the API server's, ${why}. ` +
      `Ask for another one, or leave the port out to get a free one; \`ss -ltnp 'sport = :${port}'\` shows who has it.`,
  );
}
