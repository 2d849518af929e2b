import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mintLicense } from "../../../sandbox/emqx/license";

const MAIN = resolve(__dirname, "../../../sandbox/emqx/main.ts");
const HEADLESS = "test-headless.default.svc.cluster.local";

/** One started node. */
export interface TestNode {
  index: number;
  name: string;
  address: string;
  root: string;
  process: ChildProcess;
  output(): string;
  /** Resolves with the exit code. */
  exited: Promise<number | null>;
}

export interface ApiAnswer {
  status: number;
  body: string;
  headers: Headers;
  json: unknown;
}

/** What a test cluster is started with. */
export interface FixtureOptions {
  nodes: number;
  image?: string;
  env?: Record<string, string>;
}

/** A group of simulated nodes that find each other through one hosts file. */
export class Fixture {
  readonly nodes: TestNode[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "emqx-fixture-"));
  private readonly subnet = `127.88.${100 + Math.floor(Math.random() * 150)}`;
  private readonly offset = 1 + Math.floor(Math.random() * 40) * 6;
  private readonly env: Record<string, string>;
  private readonly image: string;
  private readonly replicants = new Set<number>();

  constructor(options: Omit<FixtureOptions, "nodes"> = {}) {
    this.image = options.image ?? "emqx/emqx:6.1.0";
    this.env = {
      EMQX_LICENSE__KEY: mintLicense({ maxSessions: 100_000, expiresInDays: 30 }),
      ...options.env,
    };
  }

  /** Starts nodes and waits until they are one cluster. */
  static async start(options: FixtureOptions): Promise<Fixture> {
    const fixture = new Fixture(options);
    try {
      for (let index = 0; index < options.nodes; index += 1) fixture.launch(index);
      await fixture.waitClustered(options.nodes);
    } catch (error) {
      await fixture.stop();
      throw error;
    }
    return fixture;
  }

  address(index: number): string {
    return `${this.subnet}.${this.offset + index}`;
  }

  /** The folder that plays a node's `/`. */
  rootOf(index: number): string {
    return join(this.folder, `root-${index}`);
  }

  /** Starts (or restarts) one node; its data folder stays. */
  launch(index: number, env: Record<string, string> = {}, image = this.image): TestNode {
    const root = this.rootOf(index);
    mkdirSync(join(root, "opt/emqx/data"), { recursive: true });
    writeFileSync(
      join(root, "opt/emqx/data/bootstrap_api_key"),
      "key:secret\nviewer:secret:viewer\n",
    );
    const replicant = env.EMQX_NODE__ROLE === "replicant";
    const podAddress = this.address(index).replace(/^127/, "10");
    const host = replicant ? podAddress : `test-core-${index}.${HEADLESS}`;
    const hosts = join(this.folder, "hosts");
    const cores = [0, 1, 2, 3, 4, 5].filter((n) => !this.replicants.has(n));
    const lines = cores.map((n) => `${this.address(n)} test-core-${n}.${HEADLESS} ${HEADLESS}`);
    writeFileSync(hosts, `${lines.join("\n")}\n`);
    const child = spawn(process.execPath, ["--import", "tsx", MAIN], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        SANDBOX_IMAGE: image,
        SANDBOX_ADDRESS: this.address(index),
        SANDBOX_POD_IP: podAddress,
        SANDBOX_ROOT: root,
        SANDBOX_HOSTS: hosts,
        EMQX_HOST: host,
        EMQX_CLUSTER__DISCOVERY_STRATEGY: "dns",
        EMQX_CLUSTER__DNS__RECORD_TYPE: "srv",
        EMQX_CLUSTER__DNS__NAME: HEADLESS,
        EMQX_NODE__DATA_DIR: "data",
        EMQX_NODE__ROLE: "core",
        EMQX_NODE__COOKIE: "testcookie",
        EMQX_API_KEY__BOOTSTRAP_FILE: '"/opt/emqx/data/bootstrap_api_key"',
        ...this.env,
        ...env,
      },
    });
    let output = "";
    child.stdout?.on("data", (chunk) => (output += String(chunk)));
    child.stderr?.on("data", (chunk) => (output += String(chunk)));
    const exited = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
    const node: TestNode = {
      ...{ index, root, process: child, exited, output: () => output },
      name: `emqx@${host}`,
      address: this.address(index),
    };
    this.nodes[index] = node;
    return node;
  }

  /** Starts a replicant, named by its pod's IP; the name service doesn't list it. */
  launchReplicant(index: number, env: Record<string, string> = {}, image = this.image): TestNode {
    this.replicants.add(index);
    return this.launch(index, { ...env, EMQX_NODE__ROLE: "replicant" }, image);
  }

  node(index: number): TestNode {
    const node = this.nodes[index];
    if (!node) throw new Error(`node ${index} was never started`);
    return node;
  }

  /** Calls the API of one node. */
  async api(
    index: number,
    method: string,
    path: string,
    options: {
      body?: unknown;
      text?: string;
      headers?: Record<string, string>;
      auth?: string;
    } = {},
  ): Promise<ApiAnswer> {
    const base64 = Buffer.from(options.auth ?? "key:secret").toString("base64");
    const text =
      options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const type: Record<string, string> =
      text === undefined ? {} : { "content-type": "application/json" };
    const answer = await fetch(`http://${this.address(index)}:18083${path}`, {
      method,
      headers: {
        // A kept connection may be one that a node has just closed with its process.
        connection: "close",
        ...(options.auth === "" ? {} : { authorization: `Basic ${base64}` }),
        ...type,
        ...options.headers,
      },
      body: text === undefined ? undefined : Buffer.from(text),
    });
    const body = await answer.text();
    let json: unknown;
    try {
      json = JSON.parse(body) as unknown;
    } catch {
      // Not every answer is JSON.
    }
    return { status: answer.status, body, headers: answer.headers, json };
  }

  /** The `/nodes` view of one node as name -> status; undefined while its API is away. */
  async view(index: number): Promise<Record<string, string> | undefined> {
    try {
      const { json, status } = await this.api(index, "GET", "/api/v5/nodes");
      if (status !== 200) return undefined;
      const rows = json as { node: string; node_status: string }[];
      return Object.fromEntries(rows.map((row) => [row.node, row.node_status]));
    } catch {
      return undefined;
    }
  }

  /** Waits until nodes 0..count-1 all list exactly each other as running. */
  async waitClustered(count: number): Promise<void> {
    await until(
      () => `${count} nodes to be one cluster\n${this.logs()}`,
      async () => {
        for (let index = 0; index < count; index += 1) {
          const view = (await this.view(index)) ?? {};
          const running = Object.values(view).filter((status) => status === "running");
          if (running.length !== count) return false;
        }
        return true;
      },
    );
  }

  /** Ends a node: gracefully, or as a crash. */
  async end(index: number, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const node = this.node(index);
    node.process.kill(signal);
    await node.exited;
  }

  logs(): string {
    return this.nodes.map((node) => `--- ${node.name}\n${node.output()}`).join("\n");
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) {
      if (node.process.exitCode === null) node.process.kill("SIGKILL");
    }
    await Promise.all(this.nodes.map((node) => node.exited));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits for a condition; fails after a generous time, never on the machine's speed. */
export async function until(
  what: string | (() => string),
  condition: () => boolean | Promise<boolean>,
  timeout = 30_000,
): Promise<void> {
  const deadline = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > deadline) {
      const text = typeof what === "string" ? what : what();
      throw new Error(`waited ${timeout} ms in vain for ${text}`);
    }
    await sleep(20);
  }
}
