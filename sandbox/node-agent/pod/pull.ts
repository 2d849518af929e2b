import { setTimeout as delay } from "node:timers/promises";
import { ImageError } from "../image/images";
import type { ContainerSpec, ContainerState } from "../kube/types";
import type { Subject } from "../kube/events";
import { Backoff } from "./backoff";
import type { NodeContext } from "./context";

/** Milliseconds that a status says ErrImagePull before it says ImagePullBackOff. */
const SHOWN_MS = 1000;

/**
 * Makes a container's image available, trying as long as it takes; returns its id, or undefined
 * when `signal` aborts. `wait` is told what to show as the container's state.
 */
export async function pullImage(
  container: ContainerSpec,
  { images, events, options }: NodeContext,
  about: Subject,
  wait: (state: ContainerState) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { image = "", imagePullPolicy = "IfNotPresent" } = container;
  const backoff = new Backoff(options.backoffMs, false);
  while (!signal.aborted) {
    try {
      const pulled = await images.ensure(image, imagePullPolicy, () =>
        events.normal(about, "Pulling", `Pulling image "${image}"`),
      );
      if (signal.aborted) return undefined;
      events.normal(about, "Pulled", pulledMessage(image, pulled.present, pulled.took));
      return pulled.imageId;
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      const { reason, message } = error;
      wait({ waiting: { reason, message } });
      report(events, about, image, error);
      const ms = backoff.next(0);
      const isPull = reason === "ErrImagePull";
      await sleep(Math.min(isPull ? SHOWN_MS : ms, ms), signal);
      if (!isPull || signal.aborted) continue;
      const shown = `Back-off pulling image "${image}"`;
      wait({
        waiting: { reason: "ImagePullBackOff", message: `${shown}: ErrImagePull: ${message}` },
      });
      events.normal(about, "BackOff", shown);
      events.warning(about, "Failed", "Error: ImagePullBackOff");
      await sleep(ms - SHOWN_MS, signal);
    }
  }
  return undefined;
}

function report(
  events: NodeContext["events"],
  about: Subject,
  image: string,
  { reason, message }: ImageError,
): void {
  if (reason === "InvalidImageName") events.warning(about, "InspectFailed", message);
  else if (reason === "ErrImageNeverPull") events.warning(about, reason, message);
  else events.warning(about, "Failed", `Failed to pull image "${image}": ${message}`);
  events.warning(about, "Failed", `Error: ${reason}`);
}

function pulledMessage(image: string, present: boolean, took: number): string {
  if (present) return `Container image "${image}" already present on machine`;
  return `Successfully pulled image "${image}" in ${took}ms (${took}ms including waiting)`;
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(ms, 0), undefined, { signal }).catch(() => undefined);
}
