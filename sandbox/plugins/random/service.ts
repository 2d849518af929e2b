import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { sameJson, type JsonObject } from "../rpc/json";
import { fromStruct, reveal, toStruct } from "../rpc/properties";
import { unary } from "../rpc/unary";
import { createRandom } from "./resources";

/** The version that the stand-in plays. */
export const VERSION = "4.21.2";

/** The `random` provider's gRPC methods. */
export function randomService(): UntypedServiceImplementation {
  const echo = unary((request: proto.CheckRequest) =>
    new proto.CheckResponse().setInputs(request.getNews()),
  );
  return {
    getPluginInfo: unary(() => new PluginInfo().setVersion(VERSION)),
    cancel: unary(() => new Empty()),
    checkConfig: echo,
    check: echo,
    diffConfig: unary(() =>
      new proto.DiffResponse().setChanges(proto.DiffResponse.DiffChanges.DIFF_NONE),
    ),
    configure: unary(() =>
      new proto.ConfigureResponse()
        .setSupportspreview(true)
        .setAcceptresources(true)
        .setSupportsAutonamingConfiguration(true),
    ),
    diff: unary((request: proto.DiffRequest) => {
      const olds = reveal(fromStruct(request.getOldInputs() ?? request.getOlds()));
      const ignored = new Set(request.getIgnorechangesList());
      const news = reveal(fromStruct(request.getNews()));
      return diffResponse(changedInputs(olds, news).filter((key) => !ignored.has(key)));
    }),
    create: unary((request: proto.CreateRequest) => {
      const inputs = reveal(fromStruct(request.getProperties()));
      const type = request.getUrn().split("::")[2]?.split("$").at(-1) ?? "";
      const { id, properties } = createRandom(type, inputs, request.getPreview());
      return new proto.CreateResponse().setId(id).setProperties(toStruct(properties));
    }),
    // What was drawn lives in the state only, so there is nothing to look at or to delete.
    read: unary((request: proto.ReadRequest) =>
      new proto.ReadResponse()
        .setId(request.getId())
        .setProperties(request.getProperties())
        .setInputs(request.getInputs()),
    ),
    delete: unary(() => new Empty()),
  };
}

/** Every input of these resources replaces: nothing can be drawn again in place. */
function diffResponse(keys: string[]): proto.DiffResponse {
  const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
  const response = new proto.DiffResponse()
    .setChanges(keys.length > 0 ? DIFF_SOME : DIFF_NONE)
    .setReplacesList(keys)
    .setDiffsList(keys)
    .setHasdetaileddiff(true);
  for (const key of keys) {
    const kind = proto.PropertyDiff.Kind.UPDATE_REPLACE;
    response.getDetaileddiffMap().set(key, new proto.PropertyDiff().setKind(kind));
  }
  return response;
}

function changedInputs(olds: JsonObject, news: JsonObject): string[] {
  const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
  return [...keys].filter((key) => !key.startsWith("__") && !sameJson(olds[key], news[key]));
}
