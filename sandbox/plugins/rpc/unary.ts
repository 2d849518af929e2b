import type { handleUnaryCall, ServiceError } from "@grpc/grpc-js";
import { Metadata, status } from "@grpc/grpc-js";
import { InitFailed } from "./init-failed";

/** Turns a plain function into the handler of a gRPC method; what it throws becomes the status. */
export function unary<Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(answer)
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(serviceError(error), null),
      );
  };
}

function serviceError(error: unknown): ServiceError {
  const message = error instanceof Error ? error.message : String(error);
  const metadata = error instanceof InitFailed ? error.metadata(status.UNKNOWN) : new Metadata();
  return Object.assign(new Error(message), { code: status.UNKNOWN, details: message, metadata });
}
