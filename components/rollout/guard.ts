/** Nothing is written by a run that has lost its fence, or whose engine is gone. */
import { EmqxError } from "../errors";
import type { LeaseFence } from "./fence";
import type { Perform } from "./teardown";
import type { Cluster, Fence, RecordStore } from "./types";

/** Asks the fence before every write, also where a look before took a minute. */
export function guarded(
  { cluster, records }: { cluster: Cluster; records: RecordStore },
  fence: Pick<Fence, "renew">,
): { cluster: Cluster; records: RecordStore } {
  return {
    cluster: {
      observe: (options) => cluster.observe(options),
      act: async (action) => {
        await fence.renew();
        await cluster.act(action);
      },
    },
    records: {
      load: () => records.load(),
      save: async (record) => {
        await fence.renew();
        await records.save(record);
      },
    },
  };
}

interface FencedTeardown {
  /** The fence as tests may stop it. */
  fence: Fence;
  lease: Pick<LeaseFence, "forget">;
  /** Wraps a step, for tests that stop there. */
  through?: Perform;
  run: (perform: Perform) => Promise<void>;
}

/**
 * A teardown while somebody upgrades would take his sets away under him. Where the fence cannot be
 * had for another reason, as in a namespace that is being deleted, things are removed all the same.
 */
export async function fencedTeardown(options: FencedTeardown): Promise<void> {
  const { fence, lease, run, through = (_step, body) => body() } = options;
  await fence.acquire().catch((error: unknown) => {
    if (!(error instanceof EmqxError) || !PASSED_OVER.includes(error.code)) throw error;
  });
  let removed = false;
  try {
    await run((step, body) =>
      through(step, async () => {
        await fence.renew();
        return body();
      }),
    );
    removed = true;
  } finally {
    // The Lease is gone with the rest.
    if (removed) lease.forget();
    else await fence.release();
  }
}

const PASSED_OVER: readonly string[] = ["EMQX_KUBERNETES_DENIED", "EMQX_KUBERNETES_ERROR"];
