import { credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import type { JsonObject } from "../../../sandbox/plugins/rpc/json";
import { fromStruct, toStruct } from "../../../sandbox/plugins/rpc/properties";
import { serve } from "../../../sandbox/plugins/rpc/serve";

/** A plugin as the engine sees it: over gRPC, with plain objects. */
export interface Provider {
  check(urn: string, news: JsonObject, olds?: JsonObject): Promise<JsonObject>;
  diff(urn: string, olds: JsonObject, news: JsonObject): Promise<proto.DiffResponse.AsObject>;
  diffConfig(olds: JsonObject, news: JsonObject): Promise<proto.DiffResponse.AsObject>;
  create(urn: string, inputs: JsonObject, options?: Options): Promise<State>;
  update(urn: string, old: State, inputs: JsonObject, options?: Options): Promise<State>;
  read(urn: string, old: State): Promise<State & { inputs: JsonObject }>;
  remove(urn: string, old: State, options?: Options): Promise<void>;
  close(): void;
}

export interface Options {
  preview?: boolean;
  /** In s. */
  timeout?: number;
}

export interface State {
  id: string;
  properties: JsonObject;
}

type Call<Request, Response> = (
  request: Request,
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

/** Serves a plugin in this process and configures it with the given arguments. */
export async function connectProvider(
  implementation: UntypedServiceImplementation,
  args: JsonObject,
): Promise<Provider> {
  const { port, close } = await serve(implementation);
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const call = <Request, Response>(method: Call<Request, Response>, request: Request) =>
    new Promise<Response>((resolve, reject) => {
      method.call(client, request, (error, response) =>
        error === null ? resolve(response) : reject(error),
      );
    });
  const diffRequest = (urn: string, olds: JsonObject, news: JsonObject) =>
    new proto.DiffRequest().setUrn(urn).setOlds(toStruct(olds)).setNews(toStruct(news));
  await call<proto.ConfigureRequest, proto.ConfigureResponse>(
    client.configure,
    new proto.ConfigureRequest().setArgs(toStruct(args)).setAcceptsecrets(true),
  );
  return {
    async check(urn, news, olds = {}) {
      const request = new proto.CheckRequest()
        .setUrn(urn)
        .setNews(toStruct(news))
        .setOlds(toStruct(olds))
        .setRandomseed(Buffer.from("a seed of the engine"));
      const response = await call<proto.CheckRequest, proto.CheckResponse>(client.check, request);
      return fromStruct(response.getInputs());
    },
    async diff(urn, olds, news) {
      const request = diffRequest(urn, olds, news);
      return (await call<proto.DiffRequest, proto.DiffResponse>(client.diff, request)).toObject();
    },
    async diffConfig(olds, news) {
      const request = diffRequest("", olds, news).setOldInputs(toStruct(olds));
      const method: Call<proto.DiffRequest, proto.DiffResponse> = client.diffConfig;
      return (await call(method, request)).toObject();
    },
    async create(urn, inputs, { preview = false, timeout = 0 } = {}) {
      const request = new proto.CreateRequest()
        .setUrn(urn)
        .setProperties(toStruct(inputs))
        .setPreview(preview)
        .setTimeout(timeout);
      const method: Call<proto.CreateRequest, proto.CreateResponse> = client.create;
      const response = await call(method, request);
      return { id: response.getId(), properties: fromStruct(response.getProperties()) };
    },
    async update(urn, old, inputs, { preview = false, timeout = 0 } = {}) {
      const request = new proto.UpdateRequest()
        .setUrn(urn)
        .setId(old.id)
        .setOlds(toStruct(old.properties))
        .setNews(toStruct(inputs))
        .setPreview(preview)
        .setTimeout(timeout);
      const method: Call<proto.UpdateRequest, proto.UpdateResponse> = client.update;
      const response = await call(method, request);
      return { id: old.id, properties: fromStruct(response.getProperties()) };
    },
    async read(urn, old) {
      const request = new proto.ReadRequest()
        .setUrn(urn)
        .setId(old.id)
        .setProperties(toStruct(old.properties));
      const response = await call<proto.ReadRequest, proto.ReadResponse>(client.read, request);
      return {
        id: response.getId(),
        properties: fromStruct(response.getProperties()),
        inputs: fromStruct(response.getInputs()),
      };
    },
    async remove(urn, old, { timeout = 0 } = {}) {
      const request = new proto.DeleteRequest()
        .setUrn(urn)
        .setId(old.id)
        .setProperties(toStruct(old.properties))
        .setTimeout(timeout);
      await call(client.delete, request);
    },
    close() {
      client.close();
      close();
    },
  };
}

/** The partly created resource in an error's details, as the engine unpacks it. */
export function partialState(error: unknown): (State & { reasons: string[] }) | undefined {
  if (!(error instanceof Error && "metadata" in error && error.metadata instanceof Metadata)) {
    return undefined;
  }
  const [packed] = error.metadata.get("grpc-status-details-bin");
  if (!(packed instanceof Buffer)) return undefined;
  const [detail] = Status.deserializeBinary(packed).getDetailsList();
  const failed = detail?.unpack(
    (bytes) => proto.ErrorResourceInitFailed.deserializeBinary(bytes),
    "pulumirpc.ErrorResourceInitFailed",
  );
  return failed === null || failed === undefined
    ? undefined
    : {
        id: failed.getId(),
        properties: fromStruct(failed.getProperties()),
        reasons: failed.getReasonsList(),
      };
}
