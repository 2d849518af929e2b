import { CheckResponse, DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import type { JsonObject } from "../rpc/json";
import { toStruct } from "../rpc/properties";
import type { Change } from "./changes";
import type { Difference } from "./diff";
import type { ConfigDifference } from "./diff-config";

const KINDS: Record<Change["kind"], [PropertyDiff.Kind, PropertyDiff.Kind]> = {
  add: [PropertyDiff.Kind.ADD, PropertyDiff.Kind.ADD_REPLACE],
  delete: [PropertyDiff.Kind.DELETE, PropertyDiff.Kind.DELETE_REPLACE],
  update: [PropertyDiff.Kind.UPDATE, PropertyDiff.Kind.UPDATE_REPLACE],
};

/** A Check that found nothing wrong. */
export function checkResponse(inputs: JsonObject): CheckResponse {
  return new CheckResponse().setInputs(toStruct(inputs));
}

/** A resource's difference in the form that the engine reads. */
export function diffResponse(difference: Difference): DiffResponse {
  const response = new DiffResponse().setHasdetaileddiff(true);
  const { DIFF_SOME, DIFF_NONE } = DiffResponse.DiffChanges;
  response.setChanges(difference.detailed.size > 0 ? DIFF_SOME : DIFF_NONE);
  response.setReplacesList(difference.replaces);
  response.setDeletebeforereplace(difference.deleteBeforeReplace);
  response.setDiffsList([...difference.detailed.keys()]);
  for (const [path, { kind, replace }] of difference.detailed) {
    const entry = new PropertyDiff().setKind(KINDS[kind][replace ? 1 : 0]);
    response.getDetaileddiffMap().set(path, entry.setInputdiff(kind === "delete"));
  }
  return response;
}

/** A provider's difference in the form that the engine reads. */
export function configDiffResponse({ diffs, replaces }: ConfigDifference): DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = DiffResponse.DiffChanges;
  return new DiffResponse()
    .setChanges(diffs.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList(diffs)
    .setReplacesList(replaces);
}
