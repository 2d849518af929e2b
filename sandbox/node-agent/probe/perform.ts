import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import type { ContainerSpec, ProbeAction } from "../kube/types";
import { processAddress } from "../network/addresses";

/** Where a container can be probed. */
export interface ProbeTarget {
  container: ContainerSpec;
  /** The pod's address as in its status. */
  podIP: string;
  /** Folder that plays the container's `/`. */
  root: string;
  env: Record<string, string>;
  /** Resolves when the host does not hang: kubelet and its probes hang with it. */
  awake?: () => Promise<void>;
  isHung?: () => boolean;
}

/** Performs a probe's action once. Resolves with undefined on success, else with kubelet's message. */
export async function perform(
  action: ProbeAction,
  target: ProbeTarget,
  timeoutMs: number,
): Promise<string | undefined> {
  try {
    if (action.httpGet) return await httpGet(action.httpGet, target, timeoutMs);
    if (action.tcpSocket) return await tcpSocket(action.tcpSocket, target, timeoutMs);
    if (action.exec) return await exec(action.exec.command ?? [], target, timeoutMs);
    return "the sandbox performs httpGet, tcpSocket and exec probes only";
  } catch (error) {
    return (error as Error).message;
  }
}

function httpGet(
  {
    path: urlPath = "/",
    port,
    host,
    scheme = "HTTP",
    httpHeaders = [],
  }: NonNullable<ProbeAction["httpGet"]>,
  target: ProbeTarget,
  timeoutMs: number,
): Promise<string | undefined> {
  const number = portNumber(port, target.container);
  const shown = host || target.podIP;
  const url = `${scheme.toLowerCase()}://${shown}:${number}${urlPath.startsWith("/") ? "" : "/"}${urlPath}`;
  const headers: Record<string, string> = { "user-agent": "kube-probe/1.34", accept: "*/*" };
  for (const { name, value } of httpHeaders) headers[name.toLowerCase()] = value;
  headers.host ??= `${shown}:${number}`;
  const { pathname, search } = new URL(url);
  return new Promise((resolve) => {
    const request = (scheme === "HTTPS" ? https : http).request(
      {
        host: processAddress(shown),
        port: number,
        path: pathname + search,
        headers,
        agent: false,
        rejectUnauthorized: false,
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        response.on("error", () => undefined);
        response.resume();
        const { statusCode = 0 } = response;
        const isGood = statusCode >= 200 && statusCode < 400;
        resolve(isGood ? undefined : `HTTP probe failed with statuscode: ${statusCode}`);
      },
    );
    request.on("error", (error) => resolve(`Get "${url}": ${reason(error, `${shown}:${number}`)}`));
    request.end();
  });
}

function tcpSocket(
  { port, host }: NonNullable<ProbeAction["tcpSocket"]>,
  target: ProbeTarget,
  timeoutMs: number,
): Promise<string | undefined> {
  const number = portNumber(port, target.container);
  const shown = host || target.podIP;
  return new Promise((resolve) => {
    const socket = net.connect(number, processAddress(shown));
    const done = (message?: string) => {
      socket.destroy();
      resolve(message);
    };
    socket.setTimeout(timeoutMs, () => done(`dial tcp ${shown}:${number}: i/o timeout`));
    socket.once("connect", () => done());
    socket.once("error", (error) => done(reason(error, `${shown}:${number}`)));
  });
}

function exec(
  [program = "", ...args]: string[],
  { root, env }: ProbeTarget,
  timeoutMs: number,
): Promise<string | undefined> {
  const inRoot = path.join(root, program);
  const file = path.isAbsolute(program) && existsSync(inRoot) ? inRoot : program;
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-1024));
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      resolve(`command "${[program, ...args].join(" ")}" timed out`);
    }, timeoutMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      resolve(error.message);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? undefined : output.trim() || `command exited with ${code}`);
    });
  });
}

/** A port given by number, or by its name in the container's `ports`. */
export function portNumber(port: number | string, container: ContainerSpec): number {
  const number = Number(port);
  if (Number.isInteger(number)) return number;
  const named = container.ports?.find(({ name }) => name === port);
  if (!named) throw new Error(`couldn't find port: ${port}`);
  return named.containerPort;
}

function reason(error: Error, address: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return `dial tcp ${address}: connect: connection refused`;
  if (code === "ECONNRESET") return `read tcp ${address}: read: connection reset by peer`;
  if (error.name === "TimeoutError" || error.name === "AbortError") {
    return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  }
  return error.message;
}
