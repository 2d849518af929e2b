import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KubeClient } from "../kube/client";
import { isConflict, isNotFound, MERGE_PATCH } from "../kube/client";
import type { Claim, KubeObject } from "../kube/types";
import { NODES } from "../node/nodes";

const VOLUMES = "/api/v1/persistentvolumes";
/** Milliseconds that the controller manager gets to bind a claim before the mount fails and is tried again. */
const BINDING_MS = 3000;
const POLL_MS = 50;
const LABEL = "sandbox.emqx.io/claim-uid";

/** Gives each PersistentVolumeClaim a volume that is a folder below `<dir>/volumes`. */
export class Claims {
  constructor(
    private readonly client: KubeClient,
    private readonly dir: string,
    private readonly claim: (namespace: string, name: string) => Claim | undefined,
    private readonly log: (line: string) => void,
  ) {}

  /** The claim's folder, after binding the claim; rejects when there is no such claim. */
  async folder(namespace: string, name: string): Promise<string> {
    const claim = this.claim(namespace, name);
    if (!claim) throw new Error(`persistentvolumeclaim "${name}" not found`);
    if (claim.status?.phase !== "Bound") await this.bind(claim);
    const folder = this.folderOf(claim);
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** Removes volume and folder of a claim that is gone. */
  async remove(claim: Claim): Promise<void> {
    const volume = volumeName(claim);
    await rm(this.folderOf(claim), { recursive: true, force: true });
    try {
      await this.client.delete(`${VOLUMES}/${volume}`);
      // Its protection finalizer is removed by the controller manager only while it believes in the volume.
      await this.client.patch(
        `${VOLUMES}/${volume}`,
        { metadata: { finalizers: null } },
        MERGE_PATCH,
      );
    } catch (error) {
      if (!isNotFound(error)) this.log(`volume ${volume} was not deleted: ${String(error)}`);
    }
  }

  /** Removes the volumes whose claims went while no agent was running. */
  async removeOrphans(claims: Iterable<Claim>): Promise<void> {
    const present = new Set([...claims].map(({ metadata }) => metadata.uid));
    const selector = encodeURIComponent(LABEL);
    const list = await this.client.get<{ items: (KubeObject & { spec: PersistentSpec })[] }>(
      `${VOLUMES}?labelSelector=${selector}`,
    );
    for (const { spec } of list.items) {
      const { uid, name, namespace } = spec.claimRef;
      if (!present.has(uid)) await this.remove({ metadata: { uid, name, namespace }, spec: {} });
    }
  }

  private folderOf({ metadata }: Claim): string {
    return path.join(this.dir, "volumes", `${metadata.namespace}_${metadata.name}_${metadata.uid}`);
  }

  private async bind(claim: Claim): Promise<void> {
    const { name, namespace, uid } = claim.metadata;
    const volume = volumeName(claim);
    const capacity = { storage: claim.spec.resources?.requests?.storage ?? "1Gi" };
    const accessModes = claim.spec.accessModes ?? ["ReadWriteOnce"];
    const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid };
    await this.createVolume({
      metadata: {
        name: volume,
        labels: { [LABEL]: uid },
      },
      spec: {
        capacity,
        accessModes,
        claimRef,
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: claim.spec.storageClassName ?? "",
        volumeMode: claim.spec.volumeMode ?? "Filesystem",
        local: { path: this.folderOf(claim) },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  // The nodes are one machine: a volume can follow its pod to any of them.
                  {
                    key: "kubernetes.io/hostname",
                    operator: "In",
                    values: NODES.map(({ name }) => name),
                  },
                ],
              },
            ],
          },
        },
      },
    });
    await this.bound(claim);
  }

  /** Waits for the controller manager, which binds a claim to the volume that names it. */
  private async bound({ metadata }: Claim): Promise<void> {
    const { name, namespace } = metadata;
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;
    for (const deadline = Date.now() + BINDING_MS; Date.now() < deadline; await delay(POLL_MS)) {
      const { status } = await this.client.get<Claim>(path);
      if (status?.phase === "Bound") return;
    }
    throw new Error(`persistentvolumeclaim "${name}" is not bound`);
  }

  private async createVolume(volume: object): Promise<void> {
    try {
      await this.client.create(VOLUMES, { apiVersion: "v1", kind: "PersistentVolume", ...volume });
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

interface PersistentSpec {
  claimRef: { uid: string; name: string; namespace: string };
}

function volumeName(claim: Claim): string {
  return `pvc-${claim.metadata.uid}`;
}
