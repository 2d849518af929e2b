import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";

/** Large states travel in one message; this is the engine's own limit. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** Serves a provider on a free port of 127.0.0.1 and resolves to the port. */
export function serve(
  implementation: UntypedServiceImplementation,
): Promise<{ port: number; close: () => void }> {
  const server = new Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  server.addService(ResourceProviderService, implementation);
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error !== null) reject(error);
      else resolve({ port, close: () => server.forceShutdown() });
    });
  });
}
