import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { processAddress } from "../network/addresses";
import { selfSigned } from "./certificate";
import { logQuery, serveLog } from "./logs";
import { forwardPorts } from "./port-forward";

const PROTOCOL = "v4.channel.k8s.io";

/** What the server needs to know about the pods. */
export interface PodDirectory {
  /** Address of a running pod as in its status. */
  address(namespace: string, pod: string): string | undefined;
  /** Log of a container's present or previous run; `ended` resolves when that run is over. */
  log(
    namespace: string,
    pod: string,
    container: string,
    previous: boolean,
  ): { file: string; ended: Promise<unknown> } | undefined;
}

export interface KubeletServer {
  port: number;
  close(): void;
}

/**
 * The part of kubelet's HTTPS API that the API server calls for `logs` and `portforward`. It
 * listens on 127.0.0.1 only and asks for no credentials.
 */
export async function startKubeletServer(
  name: string,
  address: string,
  pods: PodDirectory,
): Promise<KubeletServer> {
  const server = https.createServer(selfSigned(name, address), (request, response) => {
    answer(request, response, pods).catch((error) => refuse(response, 500, String(error)));
  });
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  server.on("upgrade", (request, socket: Duplex, head) => {
    socket.on("error", () => undefined);
    upgrade(request, socket, head, sockets, pods);
  });
  server.on("clientError", (_error, socket: Duplex) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pods: PodDirectory,
): Promise<void> {
  const url = new URL(request.url ?? "/", "https://node");
  const [, kind, namespace = "", pod = "", container = ""] = url.pathname.split("/");
  if (kind === "healthz") return void response.end("ok");
  if (kind !== "containerLogs") {
    return refuse(response, 501, "the sandbox's kubelet serves logs and port-forward only");
  }
  const previous = url.searchParams.get("previous") === "true";
  const log = pods.log(namespace, pod, container, previous);
  if (log) return serveLog(log.file, logQuery(url.searchParams), response, log.ended);
  const what = previous ? "previous terminated container" : "container";
  refuse(response, 400, `${what} "${container}" in pod "${pod}" not found, or it has not run yet`);
}

function upgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  sockets: WebSocketServer,
  pods: PodDirectory,
): void {
  const url = new URL(request.url ?? "/", "https://node");
  const [, kind, namespace = "", pod = ""] = url.pathname.split("/");
  const address = kind === "portForward" ? pods.address(namespace, pod) : undefined;
  const ports = url.searchParams.getAll("port").flatMap((list) => list.split(",").map(Number));
  const protocols = request.headers["sec-websocket-protocol"] ?? "";
  if (request.headers.upgrade?.toLowerCase() !== "websocket" || !protocols.includes(PROTOCOL)) {
    return reject(socket, "501 Not Implemented", `the sandbox speaks WebSocket ${PROTOCOL} only`);
  }
  if (!address) return reject(socket, "404 Not Found", `pod ${namespace}/${pod} does not run here`);
  if (ports.length === 0 || ports.some((port) => !(port > 0 && port < 65_536))) {
    return reject(socket, "400 Bad Request", "expected port=1..65535");
  }
  sockets.handleUpgrade(request, socket, head, (client) =>
    forwardPorts(client, processAddress(address), ports),
  );
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(`${message}\n`);
}

function reject(socket: Duplex, status: string, message: string): void {
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
  );
}
