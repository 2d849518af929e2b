import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** `status` is shown beside the resource while it lasts, the others stay in the log. */
export type LogLevel = "status" | "info" | "warning";

/** Shows a line at a resource, in the CLI. */
export type EngineLog = (level: LogLevel, urn: string, message: string) => void;

/** Logs through the engine that started this plugin; a lost line is never an error. */
export function engineLog(address: string | undefined): EngineLog {
  if (address === undefined || address === "") return () => undefined;
  let client: EngineClient | undefined;
  return (level, urn, message) => {
    client ??= new EngineClient(address, credentials.createInsecure());
    const request = new LogRequest();
    request.setSeverity(level === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(level === "status");
    client.log(request, () => undefined);
  };
}
