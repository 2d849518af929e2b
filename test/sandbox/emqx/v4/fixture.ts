import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { until } from "../fixture";

const MAIN = resolve(__dirname, "../../../../sandbox/emqx/main.ts");
const HEADLESS = "ee-headless.default.svc.cluster.local";

/** A licence as 4.4 has them; the simulator looks at its shape only. */
export const PEM = "-----BEGIN CERTIFICATE-----\nMIIBsandbox\n-----END CERTIFICATE-----\n";

/** One started node. */
export interface V4TestNode {
  name: string;
  root: string;
  process: ChildProcess;
  output(): string;
  exited: Promise<number | null>;
}

export interface V4Answer {
  status: number;
  text: string;
  headers: Headers;
  json: unknown;
}

/** What a node of a test differs in. */
export interface V4Options {
  image?: string;
  env?: Record<string, string>;
  /** The licence file's content; null leaves node and env without one. */
  license?: string | null;
}

/** Simulated 4.4 nodes with the env that the component gives them. */
export class V4Fixture {
  private readonly nodes: V4TestNode[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "emqx-v4-"));
  private readonly subnet = `127.88.${100 + Math.floor(Math.random() * 150)}`;
  private readonly offset = 1 + Math.floor(Math.random() * 40) * 6;

  constructor(private readonly options: V4Options = {}) {}

  /** Starts nodes and waits until they are one cluster. */
  static async start(count: number, options: V4Options = {}): Promise<V4Fixture> {
    const fixture = new V4Fixture(options);
    try {
      for (let index = 0; index < count; index += 1) fixture.launch(index);
      await fixture.waitClustered(count);
    } catch (error) {
      await fixture.stop();
      throw error;
    }
    return fixture;
  }

  address(index: number): string {
    return `${this.subnet}.${this.offset + index}`;
  }

  /** Starts (or restarts) one node; its files stay. */
  launch(index: number, differently: V4Options = {}): V4TestNode {
    const { image = "emqx/emqx-ee:4.4.14", license = PEM } = { ...this.options, ...differently };
    const root = join(this.folder, `root-${index}`);
    const put = (path: string, content: string): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    };
    put("opt/emqx/data/bootstrap_user", "pulumi-emqx:secret\n");
    if (license !== null) put("mounted/license/emqx.lic", license);
    const hosts = join(this.folder, "hosts");
    const host = (n: number): string => `ee-abc-${n}.${HEADLESS}`;
    const lines = [0, 1, 2, 3].map((n) => `${this.address(n)} ${host(n)} ${HEADLESS}\n`);
    writeFileSync(hosts, lines.join(""));
    const child = spawn(process.execPath, ["--import", "tsx", MAIN], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        SANDBOX_IMAGE: image,
        SANDBOX_ADDRESS: this.address(index),
        SANDBOX_POD_IP: this.address(index).replace(/^127/, "10"),
        SANDBOX_ROOT: root,
        SANDBOX_HOSTS: hosts,
        EMQX_NAME: "ee",
        EMQX_HOST: host(index),
        EMQX_CLUSTER__DISCOVERY: "dns",
        EMQX_CLUSTER__DNS__TYPE: "srv",
        EMQX_CLUSTER__DNS__NAME: HEADLESS,
        EMQX_CLUSTER__DNS__APP: "ee",
        EMQX_LISTENER__TCP__INTERNAL: "",
        EMQX_LOG__TO: "console",
        EMQX_MANAGEMENT__BOOTSTRAP_APPS_FILE: "/opt/emqx/data/bootstrap_user",
        ...(license === null ? {} : { EMQX_LICENSE__FILE: "/mounted/license/emqx.lic" }),
        ...this.options.env,
        ...differently.env,
      },
    });
    let output = "";
    child.stdout?.on("data", (chunk) => (output += String(chunk)));
    child.stderr?.on("data", (chunk) => (output += String(chunk)));
    const exited = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
    const name = `ee@${host(index)}`;
    const node = { name, root, process: child, exited, output: () => output };
    this.nodes[index] = node;
    return node;
  }

  node(index: number): V4TestNode {
    const node = this.nodes[index];
    if (!node) throw new Error(`node ${index} was never started`);
    return node;
  }

  /** Calls one node's API; by default on the management port as the component does. */
  async api(
    index: number,
    method: string,
    path: string,
    options: { body?: unknown; auth?: string; port?: number } = {},
  ): Promise<V4Answer> {
    const { auth = "pulumi-emqx:secret", port = 8081, body } = options;
    const answer = await fetch(`http://${this.address(index)}:${port}${path}`, {
      method,
      headers: {
        // A kept connection may be one that a node has just closed with its process.
        connection: "close",
        ...(auth === "" ? {} : { authorization: `Basic ${btoa(auth)}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    let json: unknown;
    try {
      json = JSON.parse(text) as unknown;
    } catch {
      // Not every answer is JSON.
    }
    return { status: answer.status, text, headers: answer.headers, json };
  }

  /** The `data` of a successful GET. */
  async data<T>(index: number, path: string): Promise<T> {
    const { status, text, json } = await this.api(index, "GET", `/api/v4${path}`);
    const { code, data } = (json ?? {}) as { code?: number; data?: T };
    if (status !== 200 || code !== 0 || data === undefined) {
      throw new Error(`GET ${path} answered ${status} ${text}`);
    }
    return data;
  }

  /** One node's view as name -> status; empty while its API is away. */
  async view(index: number): Promise<Record<string, string>> {
    try {
      const rows = await this.data<{ node: string; node_status: string }[]>(index, "/nodes");
      return Object.fromEntries(rows.map((row) => [row.node, row.node_status]));
    } catch {
      return {};
    }
  }

  async waitClustered(count: number): Promise<void> {
    const logs = (): string => this.nodes.map((node) => node.output()).join("\n---\n");
    await until(
      () => `${count} nodes to be one cluster\n${logs()}`,
      async () => {
        for (let index = 0; index < count; index += 1) {
          const states = Object.values(await this.view(index));
          if (states.filter((state) => state === "Running").length !== count) return false;
        }
        return true;
      },
    );
  }

  async end(index: number, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const node = this.node(index);
    node.process.kill(signal);
    await node.exited;
  }

  async stop(): Promise<void> {
    for (const { process: child } of this.nodes) {
      if (child.exitCode === null) child.kill("SIGKILL");
    }
    await Promise.all(this.nodes.map((node) => node.exited));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
