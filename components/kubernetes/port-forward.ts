import { connect as connectTcp } from "node:net";
import { Duplex, PassThrough, Writable } from "node:stream";
import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import { EmqxError } from "../errors";
import { LoginError, reasonOf } from "./failure";
import { type Identity, Login } from "./login";
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
    const stream = await shakeHands(config, namespace, pod, port);
    // Whoever listened to it from now on would not hear of it any more.
    if (stream.errored) throw stream.errored;
    return stream;
  };
}

/** A token may be withdrawn before its time: another one is asked for once. */
async function shakeHands(
  config: KubeConfig,
  namespace: string,
  pod: string,
  port: number,
): Promise<ForwardedStream> {
  for (let again = false; ; again = true) {
    let identity: Identity | undefined;
    try {
      identity = await Login.of(config).identity(AbortSignal.timeout(HANDSHAKE_TIMEOUT));
      return await open(withIdentity(config, identity), namespace, pod, port);
    } catch (cause) {
      if (!again && /\b401\b/.test(messageOf(cause)) && identity?.refused()) continue;
      throw forwardError(pod, namespace, cause);
    }
  }
}

async function open(
  config: KubeConfig,
  namespace: string,
  pod: string,
  port: number,
): Promise<ForwardedStream> {
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
  const forward = new PortForward(config);
  const socket = await forward.portForward(namespace, pod, [port], fromPod, errors, toPod);
  stream.attach(socket as unknown as Socket);
  return stream;
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

/** client-node has no option for ours, but hands whatever it is given to `ws`. */
function withIdentity(config: KubeConfig, { options: known }: Identity): KubeConfig {
  const wrapped = Object.create(config) as KubeConfig;
  wrapped.applyToHTTPSOptions = async (options) => {
    Object.assign(options, known, {
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      perMessageDeflate: false,
      headers: { ...known.headers, "User-Agent": userAgent() },
    });
  };
  return wrapped;
}

function forwardError(pod: string, namespace: string, cause: unknown): Error {
  const message = messageOf(cause);
  // What a plugin says of its own server is no answer of ours.
  if (!(cause instanceof LoginError) && /\b(401|403)\b/.test(message)) {
    return new EmqxError(
      "EMQX_KUBERNETES_DENIED",
      `Kubernetes denied a port-forward to pod ${pod} in namespace ${namespace} (${message}). ` +
        "Grant the kubeconfig's user `create` and `get` on `pods/portforward`: EMQX's API is reached through it.",
      { cause },
    );
  }
  return new Error(`port-forward to pod ${pod}: ${message}`, { cause });
}

/** `ws` rejects with an event, which is no Error. */
function messageOf(cause: unknown): string {
  if (cause instanceof Error) return reasonOf(cause);
  return reasonOf(new Error(String((cause as { message?: unknown }).message ?? cause)));
}
