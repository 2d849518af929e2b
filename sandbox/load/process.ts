import { fork } from "node:child_process";
import { once } from "node:events";
import { extname, join } from "node:path";
import type { FleetFigures, Sample } from "./figures";
import type { Order, Report } from "./messages";
import { MAX_CLIENTS, type FleetOptions } from "./options";

/** A fleet in a process of its own. */
export interface FleetProcess {
  /** The newest sample and the names of its pods. */
  latest(): { sample: Sample; pods: string[] } | undefined;
  /** Stops publishing, brings everybody back, waits for what is under way. */
  settle(): Promise<FleetFigures>;
  /** What was seen so far. */
  figures(): Promise<FleetFigures>;
  /** Ends the process; may be called at any time, also twice. */
  stop(): Promise<void>;
}

type Question =
  { do: "rampUp"; options: FleetOptions } | { do: "settle" } | { do: "figures" } | { do: "close" };

/** Starts a fleet and resolves when all its clients are connected and subscribed. */
export async function startFleet(
  options: FleetOptions,
  onSample: (sample: Sample, pods: string[]) => void = () => {},
  signal?: AbortSignal,
): Promise<FleetProcess> {
  signal?.throwIfAborted();
  const sockets = options.clients + options.offline;
  if (sockets > MAX_CLIENTS) {
    throw new Error(
      `Expected at most ${MAX_CLIENTS} clients (a process may have 20,000 open files), got ${sockets}.`,
    );
  }
  const child = fork(join(__dirname, `main${extname(__filename)}`));
  const exit = once(child, "exit");
  const waiting = new Map<number, (report: Report & { kind: "answer" }) => void>();
  let latest: { sample: Sample; pods: string[] } | undefined;
  let last = 0;
  child.on("message", (report: Report) => {
    if (report.kind === "answer") return waiting.get(report.id)?.(report);
    latest = report;
    onSample(report.sample, report.pods);
  });
  const ask = async (question: Question): Promise<FleetFigures | undefined> => {
    const id = ++last;
    const order: Order = { id, ...question };
    const answer = new Promise<Report & { kind: "answer" }>((resolve) => waiting.set(id, resolve));
    if (child.connected) child.send(order);
    const ended = exit.then(([code, signal]) => {
      throw new Error(
        `The fleet's process ended (${signal ?? `code ${code}`}) during ${order.do}.`,
      );
    });
    const { figures, error } = await Promise.race([answer, ended]);
    if (error) throw new Error(error);
    return figures;
  };
  const figuresOf = async (question: Question): Promise<FleetFigures> => {
    const figures = await ask(question);
    if (!figures) throw new Error(`Expected figures as the answer to ${question.do}, got none.`);
    return figures;
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    if (child.connected) child.disconnect();
    const kill = setTimeout(() => child.kill("SIGKILL"), 5000);
    await exit;
    clearTimeout(kill);
  };
  const interrupted = (): void => void stop();
  signal?.addEventListener("abort", interrupted, { once: true });
  // One signal may see many fleets come and go.
  child.once("exit", () => signal?.removeEventListener("abort", interrupted));
  try {
    await ask({ do: "rampUp", options });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    latest: () => latest,
    settle: () => figuresOf({ do: "settle" }),
    figures: () => figuresOf({ do: "figures" }),
    stop,
  };
}
