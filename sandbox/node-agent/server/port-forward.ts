import net from "node:net";
import type { WebSocket } from "ws";

/** Bytes that may wait in the WebSocket before reading from the pod pauses. */
const HIGH_WATER = 1 << 20;

/**
 * Serves one port-forward in the protocol `v4.channel.k8s.io`: the first byte of a frame is the
 * channel, 2i data and 2i+1 error of port i, and the first frame on each channel carries the port.
 */
export function forwardPorts(socket: WebSocket, address: string, ports: number[]): void {
  const connections = ports.map((port, index) => connect(socket, address, port, index));
  socket.on("message", (message: Buffer) => {
    const channel = message[0] ?? 0;
    const connection = channel % 2 === 0 ? connections[channel / 2] : undefined;
    if (!connection || connection.destroyed || message.length < 2) return;
    if (!connection.write(message.subarray(1))) {
      socket.pause();
      connection.once("drain", () => socket.resume());
    }
  });
  const end = () => connections.forEach((connection) => connection.destroy());
  socket.on("close", end);
  socket.on("error", end);
}

function connect(socket: WebSocket, address: string, port: number, index: number): net.Socket {
  const data = Buffer.from([2 * index]);
  const failure = Buffer.from([2 * index + 1]);
  const announced = Buffer.from([port & 0xff, port >> 8]);
  socket.send(Buffer.concat([data, announced]));
  socket.send(Buffer.concat([failure, announced]));
  const connection = net.connect({ host: address, port, noDelay: true });
  connection.on("data", (chunk) => {
    socket.send(Buffer.concat([data, chunk]), () => {
      if (connection.isPaused() && socket.bufferedAmount < HIGH_WATER) connection.resume();
    });
    if (socket.bufferedAmount >= HIGH_WATER) connection.pause();
  });
  connection.on("error", (error) => {
    const text = `error forwarding port ${port} to pod: ${error.message}`;
    if (socket.readyState === socket.OPEN) socket.send(Buffer.concat([failure, Buffer.from(text)]));
  });
  connection.on("close", () => socket.close(1000));
  return connection;
}
