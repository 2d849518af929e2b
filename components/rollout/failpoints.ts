/**
 * Points at which a rollout can be stopped on purpose, for tests that kill it there. Without the
 * environment variable PULUMI_EMQX_FAILPOINT nothing of this is in the way of anything.
 */
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { EmqxError } from "../errors";
import type { Step } from "./teardown";
import type { Action, Cluster, Fence, RecordStore } from "./types";

/** `before:evacuate`, `after:saveRecord`; with a number (`after:evacuate:2`) not the first time. */
export const FAILPOINT = "PULUMI_EMQX_FAILPOINT";
/** The provider writes its pid there when it gets to the point, and waits until the file is gone. */
export const FAILPOINT_FILE = "PULUMI_EMQX_FAILPOINT_FILE";

const POLL_MILLISECONDS = 50;

// As records, so that the compiler misses a kind that is not listed.
const ACTIONS: Record<Action["do"], true> = {
  inspect: true,
  createSet: true,
  scaleSet: true,
  select: true,
  evacuate: true,
  stopEvacuation: true,
  deleteSet: true,
  forceLeave: true,
  configure: true,
  renewLicense: true,
  clearControl: true,
};
const TEARDOWN: Record<Step, true> = {
  deleteDeployments: true,
  deleteStatefulSets: true,
  waitForPods: true,
  deleteConfigMaps: true,
  deleteVolumes: true,
  deleteLease: true,
};

/** Every place with a point before and one after it. */
export type Place = Action["do"] | Step | "saveRecord" | "acquireFence" | "releaseFence";

/** All points, in the form that the environment variable takes. */
export function failpoints(): string[] {
  const places = ["acquireFence", "saveRecord", ...Object.keys(ACTIONS), "releaseFence"];
  return [...places, ...Object.keys(TEARDOWN)].flatMap((place) => [
    `before:${place}`,
    `after:${place}`,
  ]);
}

/** Runs what is done at a place, between its two points. */
export type Through = <T>(place: Place, perform: () => Promise<T>) => Promise<T>;

/** The environment's failpoint; undefined when there is none. Stops once, then never again. */
export function failpoint(env: NodeJS.ProcessEnv = process.env): Through | undefined {
  const wanted = env[FAILPOINT];
  if (!wanted) return undefined;
  const [, point = "", count = "1"] = /^(\w+:\w+)(?::(\d+))?$/.exec(wanted) ?? [];
  if (!failpoints().includes(point)) throw unknown(wanted);
  let left = Number(count);
  const reach = async (reached: string): Promise<void> => {
    if (reached !== point || (left -= 1) !== 0) return;
    await stop(env[FAILPOINT_FILE]);
  };
  return async (place, perform) => {
    await reach(`before:${place}`);
    const result = await perform();
    await reach(`after:${place}`);
    return result;
  };
}

/** Without a file there is nobody to wait for: the process dies as by `kill -9`. */
async function stop(file: string | undefined): Promise<void> {
  if (!file) {
    process.kill(process.pid, "SIGKILL");
    return;
  }
  writeFileSync(file, String(process.pid));
  while (existsSync(file)) await sleep(POLL_MILLISECONDS);
}

interface Parts {
  cluster: Cluster;
  records: RecordStore;
  fence: Fence;
}

/** The same parts, which stop where the environment says; without a failpoint the very same. */
export function withFailpoints<P extends Parts>(parts: P, through: Through | undefined): P {
  if (!through) return parts;
  const { cluster, records, fence } = parts;
  return {
    ...parts,
    cluster: {
      observe: (options) => cluster.observe(options),
      act: (action) => through(action.do, () => cluster.act(action)),
    },
    records: {
      load: () => records.load(),
      save: (record) => through("saveRecord", () => records.save(record)),
    },
    fence: {
      acquire: () => through("acquireFence", () => fence.acquire()),
      renew: () => fence.renew(),
      release: () => through("releaseFence", () => fence.release()),
      tidy: () => fence.tidy(),
    },
  };
}

const unknown = (wanted: string): EmqxError =>
  new EmqxError(
    "EMQX_INVALID_ARGUMENT",
    `Expected ${FAILPOINT} to be one of ${failpoints().join(", ")}, or one of them with a number (after:evacuate:2), ` +
      `got ${JSON.stringify(wanted)}. Nothing was changed. Unset it: it exists for tests of this package only.`,
  );
