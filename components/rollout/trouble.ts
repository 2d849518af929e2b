import type { KubernetesClient } from "../kubernetes/client";
import type { Event, Pod } from "../kubernetes/shapes";
import { within } from "../within";
import { emqxContainer } from "./emqx-container";
import { redact } from "./redact";

const LOG_LINES = 3;
const MAX_LENGTH = 600;
/** Characters that are looked at: a log line may be as long as its writer likes. */
const MAX_TEXT = 10_000;
/** Milliseconds between two looks at a pod's events and log: each costs two calls. */
const DETAILS_TTL = 5_000;
/** Milliseconds that a look waits for them: a kubelet that is gone answers for its logs after 10 s, twice. */
const DETAILS_PATIENCE = 1_000;
/** Milliseconds after which a pod that is not Ready for no reason that it tells is looked into. */
const LINGERING = 10_000;
/** Reasons for waiting that are part of every start. */
const STARTING = ["ContainerCreating", "PodInitializing"];

/** What keeps a pod from being Ready, from its status alone. */
export function troubleOf(pod: Pod): { reason: string; message: string } | undefined {
  const { status } = pod;
  if (isReady(pod) || pod.metadata.deletionTimestamp) return undefined;
  if (status?.phase === "Failed") {
    return { reason: status.reason ?? "Failed", message: status.message ?? "the pod failed" };
  }
  for (const container of [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]) {
    const { waiting, terminated } = container.state ?? {};
    const ended = terminated ?? container.lastState?.terminated;
    const exit = ended ? lastEnd(ended) : "";
    const restarts = container.restartCount ? `${container.restartCount} restarts` : "";
    if (waiting?.reason && !STARTING.includes(waiting.reason)) {
      return { reason: waiting.reason, message: sentence(waiting.message, exit, restarts) };
    }
    if (terminated && terminated.exitCode !== 0) {
      return {
        reason: terminated.reason ?? "Error",
        message: sentence(terminated.message, exit, restarts),
      };
    }
    if (restarts) {
      return { reason: "Restarted", message: sentence(restarts, exit) };
    }
  }
  const scheduled = status?.conditions?.find((condition) => condition.type === "PodScheduled");
  if (scheduled?.status === "False") {
    return { reason: scheduled.reason ?? "Unschedulable", message: scheduled.message ?? "" };
  }
  return undefined;
}

/** `OOMKilled` tells more than the exit code that it comes with; `Error` does not. */
function lastEnd({ reason, exitCode }: { reason?: string; exitCode?: number }): string {
  const code = `last exit code ${exitCode ?? "unknown"}`;
  return reason && !["Error", "Completed"].includes(reason) ? `${code} (${reason})` : code;
}

export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((each) => each.type === "Ready" && each.status === "True") ?? false;

const sentence = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(", ");

/** Explains pods that do not get ready: their state, the latest warning event and the last log lines. */
export class Troubles {
  private readonly details = new Map<string, { at: number; text: string }>();
  private readonly asked = new Map<string, Promise<void>>();

  constructor(private readonly kube: KubernetesClient) {}

  /** One line without secrets, or undefined when nothing is wrong. */
  async explain(pod: Pod): Promise<{ reason?: string; trouble?: string }> {
    const trouble = troubleOf(pod);
    const lingers = !trouble && !isReady(pod) && ageOf(pod) > LINGERING;
    if ((!trouble && !lingers) || pod.metadata.deletionTimestamp) return {};
    const state = trouble ? sentence(trouble.reason, trouble.message) : "not Ready";
    const text = `${state}${await this.detailsOf(pod)}`.replace(/\s+/g, " ");
    return {
      reason: trouble?.reason,
      trouble: redact(text.slice(0, MAX_TEXT)).slice(0, MAX_LENGTH),
    };
  }

  /** What was known before when the answer is slow: what EMQX said meanwhile must not grow old. */
  private async detailsOf(pod: Pod): Promise<string> {
    const key = pod.metadata.uid ?? pod.metadata.name;
    const known = this.details.get(key);
    if (known && Date.now() - known.at < DETAILS_TTL) return known.text;
    const asked =
      this.asked.get(key) ?? this.lookUp(pod, key).finally(() => this.asked.delete(key));
    this.asked.set(key, asked);
    await within(DETAILS_PATIENCE, asked);
    return this.details.get(key)?.text ?? "";
  }

  private async lookUp(pod: Pod, key: string): Promise<void> {
    const [event, log] = await Promise.all([this.lastWarning(pod), this.lastLines(pod)]);
    const text =
      (event ? `; event ${event}` : "") + (log.length > 0 ? `; log: ${log.join(" | ")}` : "");
    this.details.set(key, { at: Date.now(), text });
  }

  // Diagnoses are a courtesy: without the right to read events or logs there is just less to say.
  private lastWarning(pod: Pod): Promise<string | undefined> {
    const { name, namespace = "" } = pod.metadata;
    return lastWarningOf(this.kube, "Pod", name, namespace);
  }

  private async lastLines(pod: Pod): Promise<string[]> {
    const { name, namespace = "" } = pod.metadata;
    const containers = pod.spec?.containers ?? pod.status?.containerStatuses;
    const container = emqxContainer(containers)?.name ?? "emqx";
    const read = (previous: boolean) =>
      this.kube
        .logs({ namespace, name }, { container, lines: LOG_LINES, previous })
        .catch(() => []);
    const current = await read(false);
    return current.length > 0 ? current : read(true);
  }
}

/** The latest warning event about an object. */
export async function lastWarningOf(
  kube: KubernetesClient,
  kind: "Pod" | "StatefulSet",
  name: string,
  namespace: string,
): Promise<string | undefined> {
  const fields = `involvedObject.kind=${kind},involvedObject.name=${name}`;
  const events = await kube
    .list<Event>({ kind: "Event", namespace }, { fields, patient: false })
    .catch(() => []);
  const warnings = events
    .filter((event) => event.type === "Warning")
    .sort((a, b) => timeOf(a) - timeOf(b));
  const last = warnings.at(-1);
  return last && `${last.reason ?? ""}: ${last.message ?? ""}`;
}

const ageOf = (pod: Pod): number => Date.now() - Date.parse(pod.metadata.creationTimestamp ?? "");

const timeOf = (event: Event): number =>
  Date.parse(event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? "") || 0;
