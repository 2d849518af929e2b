import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../control-plane/ports";
import { endProcess } from "../control-plane/stop";
import { KubeClient } from "../node-agent/kube/client";
import { identify } from "../toolchain/process-identity";
import { ensurePrometheus } from "../toolchain/prometheus";
import { SandboxError } from "../toolchain/sandbox-error";
import { PrometheusApi } from "./api";
import { discover } from "./discover";
import { PrometheusFiles } from "./files";

/** Milliseconds between two looks at the cluster. */
const LOOK = 1000;

/** Seconds until Prometheus answers. */
const PATIENCE = 30;

export interface PrometheusOptions {
  /** Folder of the sandbox; Prometheus' own is below it. */
  dir: string;
  kubeconfig: string;
  log?: (line: string) => void;
  signal?: AbortSignal;
}

/** A real Prometheus that scrapes what the cluster's PodMonitors select, and evaluates its rules. */
export class PrometheusServer {
  readonly api: PrometheusApi;
  private stopping = false;
  private following: Promise<void> = Promise.resolve();

  private constructor(
    url: string,
    private readonly child: ChildProcess,
    private readonly files: PrometheusFiles,
    private readonly cluster: KubeClient,
    private readonly log: (line: string) => void,
  ) {
    this.api = new PrometheusApi(url);
  }

  static async start(options: PrometheusOptions): Promise<PrometheusServer> {
    const { dir, kubeconfig, log = () => {}, signal } = options;
    const programs = await ensurePrometheus({ log, signal });
    const folder = join(dir, "prometheus");
    mkdirSync(folder, { recursive: true });
    const files = new PrometheusFiles(folder);
    const cluster = await KubeClient.fromFile(kubeconfig);
    const [port = 0] = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const logFile = join(folder, "prometheus.log");
    const child = launch(programs.prometheus, folder, files, port, logFile);
    const server = new PrometheusServer(url, child, files, cluster, log);
    try {
      await server.waitReady(logFile, signal);
    } catch (error) {
      await server.stop();
      throw error;
    }
    server.following = server.follow();
    log(`Prometheus ${programs.version} is up: ${url}`);
    return server;
  }

  /** Ends Prometheus; its data stays until the sandbox's folder goes. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.following;
    const identity = this.child.pid === undefined ? undefined : identify(this.child.pid);
    if (identity) await endProcess(identity, 10);
  }

  private async waitReady(logFile: string, signal?: AbortSignal): Promise<void> {
    const deadline = Date.now() + PATIENCE * 1000;
    while (!(await this.api.ready())) {
      if (signal?.aborted) {
        throw new SandboxError("SANDBOX_ABORTED", "Interrupted while Prometheus started.");
      }
      const ended = this.child.exitCode !== null || this.child.pid === undefined;
      if (ended || Date.now() > deadline) {
        const what = ended ? "ended right after its start" : `did not answer within ${PATIENCE} s`;
        const lines = readFileSync(logFile, "utf8").trim().split("\n").slice(-6).join("\n");
        throw new SandboxError("SANDBOX_START_FAILED", `Prometheus ${what}. It said:\n${lines}`);
      }
      await sleep(100);
    }
  }

  /** Plays the Prometheus Operator: what the cluster says becomes configuration. */
  private async follow(): Promise<void> {
    let trouble = "";
    while (!this.stopping) {
      try {
        if (this.files.write(await discover(this.cluster))) this.child.kill("SIGHUP");
        trouble = "";
      } catch (error) {
        // An API server that is busy answers later; the same trouble is told once.
        const now = String(error);
        if (now !== trouble) this.log(`Prometheus keeps its targets: ${now}`);
        trouble = now;
      }
      await sleep(LOOK);
    }
  }
}

function launch(
  program: string,
  folder: string,
  files: PrometheusFiles,
  port: number,
  logFile: string,
): ChildProcess {
  const output = openSync(logFile, "a");
  try {
    const child = spawn(
      program,
      [
        `--config.file=${files.config}`,
        `--storage.tsdb.path=${files.data}`,
        "--storage.tsdb.retention.time=1d",
        "--storage.tsdb.retention.size=512MB",
        `--web.listen-address=127.0.0.1:${port}`,
        "--log.level=warn",
      ],
      {
        cwd: folder,
        stdio: ["ignore", output, output],
        // By SANDBOX_ROOT `sandboxDown` finds it, should this process be killed before it ends it.
        env: { ...process.env, GOMAXPROCS: "1", SANDBOX_ROOT: folder },
      },
    );
    child.on("error", () => {});
    return child;
  } finally {
    closeSync(output);
  }
}
