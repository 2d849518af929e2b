import { connect as connectTcp } from "node:net";
import { Duplex, PassThrough, Writable } from "node:stream";
import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import { EmqxError } from "../errors";
import { reasonOf } from "./failure";
import { userAgent } from "./user-agent";

const HANDSHAKE_TIMEOUT = 5_000;

/** Opens a byte stream to a port of a pod. */
export type Dial = (pod: string, port: number) => Promise<Duplex>;

/** Dials pods directly, for a runner inside the cluster. */
export function directDial(addressOf: (pod: string) => string | undefined): Dial {
  return (pod, port) =>
    new Promise((resolve, reject) => {
      const host = addressOf(pod);
      if (!host) return reject(new Error(`pod ${pod} has no address`));
      const socket = connectTcp({ host, port, timeout: HANDSHAKE_TIMEOUT });
      socket.setNoDelay(true);
      socket.once("timeout", () => socket.destroy(new Error(`no connection to ${host}:${port}`)));
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.setTimeout(0);
        socket.off("error", reject);
        resolve(socket);
      });
    });
}

/** The WebSocket that client-node gives us, as far as we use it. */
interface Socket {
  on(event: "close", listener: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  terminate(): void;
}

/** Dials pods through the API server, one WebSocket a connection; a dropped one ends its stream. */
export function forwardDial(config: KubeConfig, namespace: string): Dial {
  return async (pod, port) => {
    const { PortForward } = await import("@kubernetes/client-node");
    const toPod = new PassThrough();
    const stream = new ForwardedStream(toPod);
    const errors = new Writable({
      write(chunk: Buffer, _encoding, done) {
        // The channel's first frame carries nothing but the port's number, which is cut off already.
        const why = chunk.toString("utf8").trim();
        if (why) stream.destroy(new Error(`port ${port} of pod ${pod}: ${why}`));
        done();
      },
    });
    const fromPod = new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (!stream.destroyed) stream.push(chunk);
        done();
      },
    });
    let socket: Socket;
    try {
      const forward = new PortForward(withHandshakeOptions(config));
      socket = (await forward.portForward(
        namespace,
        pod,
        [port],
        fromPod,
        errors,
        toPod,
      )) as unknown as Socket;
    } catch (cause) {
      throw forwardError(pod, namespace, cause);
    }
    stream.attach(socket);
    // Whoever listened to it from now on would not hear of it any more.
    if (stream.errored) throw stream.errored;
    return stream;
  };
}

/** A TCP stream carried by the port-forward's WebSocket. */
class ForwardedStream extends Duplex {
  private socket?: Socket;

  constructor(private readonly toPod: PassThrough) {
    super();
    // A refusal can come with the handshake itself, before anybody can listen.
    this.on("error", () => undefined);
  }

  attach(socket: Socket): void {
    this.socket = socket;
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", () => {
      this.push(null);
      this.destroy();
    });
    // The pod may have refused while the WebSocket was still being handed over.
    if (this.destroyed) socket.terminate();
  }

  override _read(): void {
    // Chunks are pushed as they arrive: the bodies that we read are small.
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.toPod.write(chunk, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.toPod.destroy();
    // A closing handshake with a stuck API server would keep the process alive for 30 s.
    this.socket?.terminate();
    done(error);
  }
}

/** client-node has no option for these two, but hands whatever it is given to `ws`. */
function withHandshakeOptions(config: KubeConfig): KubeConfig {
  const wrapped = Object.create(config) as KubeConfig;
  wrapped.applyToHTTPSOptions = async (options) => {
    await config.applyToHTTPSOptions(options);
    Object.assign(options, {
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      perMessageDeflate: false,
      headers: { ...options.headers, "User-Agent": userAgent() },
    });
  };
  return wrapped;
}

function forwardError(pod: string, namespace: string, cause: unknown): Error {
  const { message: own } = cause as { message?: unknown };
  const message = reasonOf(cause instanceof Error ? cause : new Error(String(own ?? cause)));
  if (/\b(401|403)\b/.test(message)) {
    return new EmqxError(
      "EMQX_KUBERNETES_DENIED",
      `Kubernetes denied a port-forward to pod ${pod} in namespace ${namespace} (${message}). ` +
        "Grant the kubeconfig's user `create` and `get` on `pods/portforward`: EMQX's API is reached through it.",
      { cause },
    );
  }
  return new Error(`port-forward to pod ${pod}: ${message}`, { cause });
}
