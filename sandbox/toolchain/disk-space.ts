import { existsSync, statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SandboxError } from "./sandbox-error";
import type { Build } from "./tools";

/** A folder and how much will be written below it, in MiB. */
export interface SpaceNeed {
  folder: string;
  mebibytes: number;
}

/** Free space below a folder in MiB, and which file system it is on. */
export type SpaceProbe = (folder: string) => Promise<{ device: string; freeMiB: number }>;

/** What the given builds will write, and where; sources that are downloaded already are free. */
export function spaceNeeds(
  builds: Build[],
  folders: { moduleCache: string; buildCache: string; cache: string },
): SpaceNeed[] {
  const missing = builds.filter(({ source }) => !existsSync(join(folders.moduleCache, source)));
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  return [
    { folder: folders.moduleCache, mebibytes: sum(missing.map((b) => b.sourceMiB)) },
    { folder: folders.buildCache, mebibytes: sum(builds.map((b) => b.objectsMiB)) },
    { folder: folders.cache, mebibytes: sum(builds.map((b) => b.packages.length * 110)) },
  ];
}

/** Throws when a file system has less free space than its folders need together. */
export async function checkSpace(
  needs: SpaceNeed[],
  probe: SpaceProbe = probeSpace,
): Promise<void> {
  const devices = new Map<string, { freeMiB: number; needMiB: number; folders: string[] }>();
  for (const { folder, mebibytes } of needs.filter((need) => need.mebibytes > 0)) {
    const { device, freeMiB } = await probe(folder);
    const entry = devices.get(device) ?? { freeMiB, needMiB: 0, folders: [] };
    entry.needMiB += mebibytes;
    entry.folders.push(folder);
    devices.set(device, entry);
  }
  for (const { freeMiB, needMiB, folders } of devices.values()) {
    if (freeMiB >= needMiB) continue;
    throw new SandboxError(
      "SANDBOX_DISK_FULL",
      `Building the sandbox's tools needs about ${gibibytes(needMiB)} GiB under ${folders.join(", ")}, ` +
        `but only ${gibibytes(freeMiB)} GiB are free there. Free some space (\`go clean -cache\` empties ` +
        `Go's build cache), or point PULUMI_EMQX_CACHE, GOCACHE and GOMODCACHE to a larger disk, then run this again.`,
    );
  }
}

const probeSpace: SpaceProbe = async (folder) => {
  let existing = folder;
  while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  return { device: String(statSync(existing).dev), freeMiB: (bavail * bsize) / 2 ** 20 };
};

function gibibytes(mebibytes: number): string {
  return (mebibytes / 1024).toFixed(1);
}
