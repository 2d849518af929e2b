import { Metadata } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import type { JsonObject } from "./json";
import { toStruct } from "./properties";

/** What became of a resource that exists but is not as it should be. */
export interface PartialState {
  id: string;
  properties: JsonObject;
  inputs: JsonObject;
  /** Shown by the CLI one by one. */
  reasons: string[];
}

/** The resource exists, so the engine must save it, but it failed to become ready. */
export class InitFailed extends Error {
  constructor(
    message: string,
    readonly state: PartialState,
  ) {
    super(message);
  }

  /** The trailer in which the engine looks for the resource's state. */
  metadata(code: number): Metadata {
    const detail = new ErrorResourceInitFailed();
    detail.setId(this.state.id);
    detail.setProperties(toStruct(this.state.properties));
    detail.setInputs(toStruct(this.state.inputs));
    detail.setReasonsList(this.state.reasons);
    const packed = new Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const rpcStatus = new Status();
    rpcStatus.setCode(code);
    rpcStatus.setMessage(this.message);
    rpcStatus.addDetails(packed);
    const metadata = new Metadata();
    metadata.add("grpc-status-details-bin", Buffer.from(rpcStatus.serializeBinary()));
    return metadata;
  }
}
