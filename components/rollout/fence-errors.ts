import { EmqxError } from "../errors";
import type { Lease } from "../kubernetes/shapes";
import { names } from "../labels";
import type { Site } from "./types";

/** Somebody else works on the cluster: who, and since when. */
export function fenced(
  { name, namespace }: Pick<Site, "name" | "namespace">,
  lease: Lease | undefined,
): EmqxError {
  const { holderIdentity, acquireTime, renewTime } = lease?.spec ?? {};
  const holder = holderIdentity
    ? `${holderIdentity} (host/pid/id) holds the Lease ${names.rollout(name)} since ${acquireTime ?? "an unknown time"} ` +
      `and renewed it at ${renewTime ?? "an unknown time"}`
    : `it took the Lease ${names.rollout(name)} while this one was held up, and ${lease ? "has released it" : "it is deleted"} since`;
  return new EmqxError(
    "EMQX_ROLLOUT_FENCED",
    `Another run works on the cluster ${namespace}/${name}: ${holder}. ` +
      "This run has stopped and changed nothing since. Wait for the other one, or end it; then run `pulumi up` again.",
  );
}

export function orphaned({ name, namespace }: Pick<Site, "name" | "namespace">): EmqxError {
  return new EmqxError(
    "EMQX_ROLLOUT_ORPHANED",
    `Expected the Pulumi engine that started process ${process.pid}, but it is gone: somebody killed it. ` +
      `This run on the cluster ${namespace}/${name} has stopped and changed nothing since. Run \`pulumi cancel\`, then \`pulumi up\`, which goes on from here.`,
  );
}
