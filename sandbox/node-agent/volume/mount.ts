import { chmod, lstat, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ContainerSpec, Volume } from "../kube/types";
import { expand } from "../pod/expand";
import type { FileContext } from "./files";
import { volumeFiles } from "./files";

export interface VolumeContext extends FileContext {
  /** Folder of this pod's own volumes. */
  folder: string;
  /** Folder of a claim's volume, which outlives the pod; rejects while the claim cannot be bound. */
  claimFolder(claimName: string): Promise<string>;
}

/** A volume of a pod cannot be set up yet; the message is kubelet's of the event FailedMount. */
export class MountError extends Error {
  constructor(volume: string, reason: string) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${reason}`);
    this.name = "MountError";
  }
}

/** Sets up all volumes of a pod; returns their folders by name. */
export async function setUpVolumes(
  volumes: Volume[],
  context: VolumeContext,
): Promise<Map<string, string>> {
  const folders = await Promise.all(
    volumes.map(async (volume): Promise<[string, string]> => {
      try {
        return [volume.name, await setUp(volume, context)];
      } catch (error) {
        throw new MountError(volume.name, (error as Error).message);
      }
    }),
  );
  return new Map(folders);
}

async function setUp(volume: Volume, context: VolumeContext): Promise<string> {
  if (volume.persistentVolumeClaim) {
    return context.claimFolder(volume.persistentVolumeClaim.claimName);
  }
  const folder = path.join(context.folder, volume.name);
  const files = await volumeFiles(volume, context);
  if (!files && !volume.emptyDir) {
    throw new Error(
      "the sandbox has configMap, secret, emptyDir, projected, downwardAPI and persistentVolumeClaim only",
    );
  }
  await mkdir(folder, { recursive: true });
  for (const file of files ?? []) {
    const target = path.join(folder, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, file.data);
    // `mode` of writeFile is cut by the umask and ignored for files that exist.
    await chmod(target, file.mode);
  }
  return folder;
}

/**
 * Makes the volumes appear below the folder that plays the container's `/`. Each mount is a
 * symbolic link, outer ones first: a mount inside a mounted volume lies in that volume, as the
 * mount point that a kubelet leaves there.
 */
export async function mountAll(
  container: ContainerSpec,
  root: string,
  folders: Map<string, string>,
  env: ReadonlyMap<string, string>,
): Promise<void> {
  const mounts = [...(container.volumeMounts ?? [])].sort(
    (a, b) => a.mountPath.length - b.mountPath.length,
  );
  for (const mount of mounts) {
    const folder = folders.get(mount.name);
    if (!folder) throw new Error(`volume "${mount.name}" not found`);
    const subPath = mount.subPath ?? expand(mount.subPathExpr ?? "", env);
    const source = path.join(folder, subPath);
    if (subPath && !(await exists(source))) await mkdir(source, { recursive: true });
    const target = path.join(root, mount.mountPath);
    await mkdir(path.dirname(target), { recursive: true });
    await rm(target, { recursive: true, force: true });
    await symlink(source, target);
  }
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
