/**
 * The Pulumi engine's log: the only place where a dynamic provider can show live progress on its
 * own resource. Undocumented, so everything falls back to the console, whose lines Pulumi shows
 * under the stack.
 */
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { Sink } from "./types";

/** Milliseconds that one line may take. */
const TIMEOUT = 5_000;

export interface EngineSink extends Sink {
  /** Waits until every line has arrived, and closes the connection. */
  close(): Promise<void>;
}

/** Pulumi gives the engine's address to the host process as its last argument. */
export function engineSink(urn = "", address = process.argv.at(-1) ?? ""): EngineSink {
  // The CLI panics on a URN that is none, such as an unknown one.
  const resource = urn.startsWith("urn:pulumi:") ? urn : "";
  const client = /^[^\s/]+:\d+$/.test(address) ? connect(address) : undefined;
  let line = Promise.resolve();
  let shown = "";

  const show = (severity: 1 | 2, message: string, ephemeral: boolean) => {
    line = line.then(async () => {
      if (client && (await send(client, { urn: resource, severity, message, ephemeral }))) return;
      if (!ephemeral) console.log(message);
    });
  };

  return {
    status(message) {
      if (message !== shown) show(LogSeverity.INFO, message, true);
      shown = message;
    },
    milestone: (message) => show(LogSeverity.INFO, message, false),
    warn: (message) => show(LogSeverity.WARNING, message, false),
    async close() {
      await line;
      client?.close();
    },
  };
}

function connect(address: string): EngineClient | undefined {
  try {
    return new EngineClient(address, grpc.credentials.createInsecure());
  } catch {
    return undefined;
  }
}

interface Line {
  urn: string;
  severity: 1 | 2;
  message: string;
  ephemeral: boolean;
}

function send(client: EngineClient, line: Line): Promise<boolean> {
  const request = new LogRequest();
  request.setUrn(line.urn);
  request.setSeverity(line.severity);
  request.setMessage(line.message);
  request.setEphemeral(line.ephemeral);
  return new Promise((resolve) => {
    client.log(request, new grpc.Metadata(), { deadline: Date.now() + TIMEOUT }, (error) =>
      resolve(error === null),
    );
  });
}
