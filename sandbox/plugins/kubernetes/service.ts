import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import type { EngineLog } from "../rpc/engine-log";
import { fromStruct, reveal, toStruct } from "../rpc/properties";
import { unary } from "../rpc/unary";
import { check } from "./check";
import { create } from "./create";
import { remove } from "./delete";
import { diff } from "./diff";
import { diffConfig } from "./diff-config";
import { checkResponse, configDiffResponse, diffResponse } from "./responses";
import { kindOf } from "./kinds";
import { read } from "./read";
import { Session } from "./session";
import { settings } from "./settings";
import { update } from "./update";

/** The version that the stand-in plays. */
export const VERSION = "4.34.2";

/** The `kubernetes` provider's gRPC methods; `log` shows lines in the CLI. */
export function kubernetesService(log: EngineLog): UntypedServiceImplementation {
  const cancelled = new AbortController();
  let session: Session | undefined;
  const configured = (): Session => {
    if (session === undefined) throw new Error("the provider is used before Configure");
    return session;
  };
  return {
    getPluginInfo: unary(() => new PluginInfo().setVersion(VERSION)),
    cancel: unary(() => {
      cancelled.abort();
      return new Empty();
    }),
    checkConfig: unary((request: proto.CheckRequest) =>
      checkResponse(fromStruct(request.getNews())),
    ),
    diffConfig: unary((request: proto.DiffRequest) =>
      configDiffResponse(
        diffConfig(
          fromStruct(request.getOldInputs() ?? request.getOlds()),
          fromStruct(request.getNews()),
        ),
      ),
    ),
    configure: unary((request: proto.ConfigureRequest) => {
      const variables = request.getVariablesMap().toArray();
      const chosen = settings(variables, fromStruct(request.getArgs()));
      session?.close();
      session = new Session(chosen, log, cancelled.signal);
      const response = new proto.ConfigureResponse();
      response.setAcceptsecrets(true);
      response.setSupportspreview(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
    check: unary(async (request: proto.CheckRequest) => {
      const news = fromStruct(request.getNews());
      const urn = request.getUrn();
      const naming = request.getAutonaming();
      const disabled = proto.CheckRequest.AutonamingOptions.Mode.DISABLE;
      return checkResponse(
        check({
          urn,
          olds: fromStruct(request.getOlds()),
          news,
          randomSeed: request.getRandomseed_asU8(),
          namespace: await configured().defaultNamespace(kindOf(reveal(news), urn)),
          autonaming: naming && {
            proposedName: naming.getProposedName(),
            disabled: naming.getMode() === disabled,
          },
        }),
      );
    }),
    diff: unary((request: proto.DiffRequest) =>
      diffResponse(
        diff(
          {
            urn: request.getUrn(),
            olds: fromStruct(request.getOlds()),
            news: fromStruct(request.getNews()),
            ignoreChanges: request.getIgnorechangesList(),
          },
          configured().settings,
        ),
      ),
    ),
    create: unary(async (request: proto.CreateRequest) => {
      const { id, properties } = await create(
        {
          urn: request.getUrn(),
          inputs: fromStruct(request.getProperties()),
          preview: request.getPreview(),
          timeout: request.getTimeout(),
        },
        configured(),
      );
      return new proto.CreateResponse().setId(id).setProperties(toStruct(properties));
    }),
    update: unary(async (request: proto.UpdateRequest) => {
      const { properties } = await update(
        {
          urn: request.getUrn(),
          id: request.getId(),
          olds: fromStruct(request.getOlds()),
          inputs: fromStruct(request.getNews()),
          preview: request.getPreview(),
          timeout: request.getTimeout(),
        },
        configured(),
      );
      return new proto.UpdateResponse().setProperties(toStruct(properties));
    }),
    read: unary(async (request: proto.ReadRequest) => {
      const found = await read(
        {
          urn: request.getUrn(),
          id: request.getId(),
          properties: fromStruct(request.getProperties()),
          inputs: fromStruct(request.getInputs()),
        },
        configured(),
      );
      const response = new proto.ReadResponse();
      if (found === undefined) return response;
      return response
        .setId(found.id)
        .setProperties(toStruct(found.properties))
        .setInputs(toStruct(found.inputs));
    }),
    delete: unary(async (request: proto.DeleteRequest) => {
      await remove(
        {
          urn: request.getUrn(),
          id: request.getId(),
          properties: fromStruct(request.getProperties()),
          timeout: request.getTimeout(),
        },
        configured(),
      );
      return new Empty();
    }),
  };
}
