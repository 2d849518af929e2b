import { join } from "node:path";
import { get } from "./http";
import type { Component } from "./launch";
import type { Layout } from "./layout";

/** The key-value store. It doesn't wait for the disk: a sandbox need not survive a power cut. */
export function etcd(
  file: string,
  layout: Layout,
  clientPort: number,
  peerPort: number,
): Component {
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return {
    name: "etcd",
    file,
    args: [
      "--name=sandbox",
      `--data-dir=${layout.etcdData}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=sandbox=${peer}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
    ],
    ports: [clientPort, peerPort],
    log: join(layout.logs, "etcd.log"),
    ready: async () => (await get(`${client}/health`))?.status === 200,
    timeout: 30,
  };
}
