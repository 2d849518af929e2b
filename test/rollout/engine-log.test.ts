import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, afterEach, before, describe, mock, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { engineSink } from "../../components/rollout/engine-log";

const { Empty } = createRequire(require.resolve("@pulumi/pulumi/package.json"))(
  "google-protobuf/google/protobuf/empty_pb",
) as typeof import("google-protobuf/google/protobuf/empty_pb");

const URN = "urn:pulumi:stack::project::type::name";

describe("the engine's log", () => {
  const seen: LogRequest.AsObject[] = [];
  let engine: grpc.Server;
  let address: string;

  before(async () => {
    engine = new grpc.Server();
    engine.addService(EngineService as unknown as grpc.ServiceDefinition, {
      log(call: grpc.ServerUnaryCall<LogRequest, unknown>, done: grpc.sendUnaryData<unknown>) {
        seen.push(call.request.toObject());
        done(null, new Empty());
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    address = `127.0.0.1:${port}`;
  });

  after(() => engine.forceShutdown());
  afterEach(() => {
    seen.length = 0;
    mock.restoreAll();
  });

  test("status lines are live and not repeated, milestones and warnings last, all in order", async () => {
    const sink = engineSink(URN, address);
    sink.status("a");
    sink.status("a");
    sink.milestone("b");
    sink.warn("c");
    await sink.close();
    assert.deepEqual(
      seen.map(({ message, severity, ephemeral, urn }) => [message, severity, ephemeral, urn]),
      [
        ["a", 1, true, URN],
        ["b", 1, false, URN],
        ["c", 2, false, URN],
      ],
    );
  });

  test("what is no URN is not sent as one, for the CLI would panic", async () => {
    const sink = engineSink("04da6b54-80e4-46f7-96ec-b56ff0331ba9", address);
    sink.milestone("a");
    await sink.close();
    assert.equal(seen[0]?.urn, "");
  });

  test("without an engine lasting lines go to the console", async () => {
    const log = mock.method(console, "log", () => undefined);
    for (const nowhere of ["127.0.0.1:1", "--no-address"]) {
      const sink = engineSink(URN, nowhere);
      sink.status("live");
      sink.milestone(`lasting ${nowhere}`);
      await sink.close();
    }
    assert.deepEqual(
      log.mock.calls.map(({ arguments: [line] }) => line),
      ["lasting 127.0.0.1:1", "lasting --no-address"],
    );
  });
});
