/** The serialised shim in Pulumi's own host process, spoken to as the engine does. Needs `npm run build`. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import type { RolloutInputs } from "../../components/rollout/inputs";
import { UNKNOWN } from "../../components/unknown";

// The messages are built with Pulumi's own copy of the runtime.
const pulumiRequire = createRequire(require.resolve("@pulumi/pulumi/package.json"));
const { Struct } = pulumiRequire(
  "google-protobuf/google/protobuf/struct_pb",
) as typeof import("google-protobuf/google/protobuf/struct_pb");
const { Empty } = pulumiRequire(
  "google-protobuf/google/protobuf/empty_pb",
) as typeof import("google-protobuf/google/protobuf/empty_pb");

const UNREACHABLE = `apiVersion: v1
kind: Config
current-context: none
contexts: [{ name: none, context: { cluster: none, user: none } }]
clusters: [{ name: none, cluster: { server: "http://127.0.0.1:1" } }]
users: [{ name: none, user: {} }]
`;

const inputs = {
  name: "emqx",
  namespace: "default",
  image: "emqx/emqx:6.1.0",
  kubeconfig: UNREACHABLE,
  __urn: "urn:pulumi:s::p::pulumi-nodejs:dynamic/emqx:Rollout::emqx-rollout",
  __provider: readFileSync("test/rollout/shim.golden.txt", "utf8"),
};

const olds = {
  ...inputs,
  schemaVersion: 1,
  phase: "Done",
  currentRevision: "before",
  selects: "before",
  applied: {
    hashVersion: 1,
    image: "emqx/emqx:6.0.1",
    replicas: 1,
    strategy: {
      initialDelaySeconds: 10,
      connEvictRate: 1000,
      sessEvictRate: 1000,
      waitTakeover: 10,
      waitHealthCheck: 0,
      progressDeadlineSeconds: 600,
      onFailure: "abort",
      gate: "none",
    },
    fingerprint: { image: "other" },
  },
};

const struct = (value: object) =>
  Struct.fromJavaScript(value as Parameters<typeof Struct.fromJavaScript>[0]);

describe("the provider in Pulumi's host", () => {
  const logged: { message: string; urn: string; ephemeral: boolean }[] = [];
  let engine: grpc.Server;
  let host: ChildProcess;
  let client: ResourceProviderClient;

  before(async () => {
    assert.ok(existsSync("dist/rollout/provider.js"), "expected dist/: run `npm run build` first");
    engine = new grpc.Server();
    engine.addService(EngineService as unknown as grpc.ServiceDefinition, {
      log(call: grpc.ServerUnaryCall<LogRequest, unknown>, callback: grpc.sendUnaryData<unknown>) {
        const { message, urn, ephemeral } = call.request.toObject();
        logged.push({ message, urn, ephemeral });
        callback(null, new Empty());
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      engine.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const script = require.resolve("@pulumi/pulumi/cmd/dynamic-provider");
    host = spawn(process.execPath, [script, `127.0.0.1:${port}`], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, PULUMI_NODEJS_PROJECT: "p" },
    });
    const address = await new Promise<string>((resolve) =>
      host.stdout?.once("data", (chunk: Buffer) => resolve(`127.0.0.1:${chunk.toString().trim()}`)),
    );
    client = new ResourceProviderClient(address, grpc.credentials.createInsecure());
    const configure = new messages.ConfigureRequest();
    configure.setArgs(struct({}));
    await call((done) => client.configure(configure, done));
  });

  after(() => {
    client?.close();
    host?.kill();
    engine?.forceShutdown();
  });

  function call<T>(
    start: (done: (error: grpc.ServiceError | null, value: T) => void) => void,
  ): Promise<T> {
    return new Promise((resolve, reject) =>
      start((error, value) => (error ? reject(error) : resolve(value))),
    );
  }

  async function diff(before: object, news: object) {
    const request = new messages.DiffRequest();
    request.setId("default/emqx");
    request.setOlds(struct(before));
    request.setNews(struct(news));
    const answer = await call<messages.DiffResponse>((done) => client.diff(request, done));
    return {
      changes: answer.getChanges() === messages.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: answer.getReplacesList(),
    };
  }

  test("check names every problem by its property", async () => {
    const request = new messages.CheckRequest();
    request.setOlds(struct({}));
    request.setNews(struct({ ...inputs, image: UNKNOWN, updateStrategy: { gate: "ajar" } }));
    const answer = await call<messages.CheckResponse>((done) => client.check(request, done));
    assert.deepEqual(
      answer.getFailuresList().map((failure) => failure.getProperty()),
      ["updateStrategy.gate"],
    );
  });

  test("diff shows causes on the resource, lasting, and lives without the cluster", async () => {
    const { changes, replaces } = await diff(olds, inputs);
    assert.deepEqual([changes, replaces], [true, []]);
    const line = logged.find(({ message }) => message.startsWith("image: "));
    assert.equal(line?.urn, inputs.__urn);
    assert.equal(line?.ephemeral, false);
    assert.match(line?.message ?? "", /6.0.1 -> emqx\/emqx:6.1.0 \(blue-green/);
    assert.match(line?.message ?? "", /no estimate: .*127\.0\.0\.1:1/);
  });

  test("diff replaces for another namespace, never for an unknown one", async () => {
    assert.deepEqual((await diff(olds, { ...inputs, namespace: "other" })).replaces, ["namespace"]);
    assert.deepEqual(await diff(olds, { ...inputs, namespace: UNKNOWN }), {
      changes: true,
      replaces: [],
    });
  });

  test("a create without a reachable Kubernetes fails with a code and leaves nothing behind", async () => {
    const request = new messages.CreateRequest();
    request.setProperties(struct(inputs satisfies RolloutInputs & { __provider: string }));
    await assert.rejects(
      () => call<messages.CreateResponse>((done) => client.create(request, done)),
      (error: grpc.ServiceError) => {
        assert.match(error.details, /EMQX_KUBERNETES_UNREACHABLE: /);
        // With these details Pulumi would track a resource that does not exist.
        assert.deepEqual(error.metadata.get("grpc-status-details-bin"), []);
        return true;
      },
    );
  });
});
