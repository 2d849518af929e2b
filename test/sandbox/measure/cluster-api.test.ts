import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { ClusterApiClient } from "../../../sandbox/measure/cluster-api";
import { evacuationsOf } from "../../../sandbox/measure/emqx-api";
import type { Watched } from "../../../sandbox/measure/watched";
import type { KubeClient } from "../../../sandbox/node-agent/kube/client";

const HOST = "127.0.0.1";
const answers = new Map<string, [number, string]>();
const seen: string[] = [];
const server = http.createServer((request, response) => {
  seen.push(`${request.url} ${request.headers.authorization}`);
  const [status, body] = answers.get(request.url ?? "") ?? [404, "{}"];
  response.writeHead(status).end(body);
});
let port: number;

before(async () => {
  server.listen(0, HOST);
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
after(() => server.close());

/** Stands in for the API server: one Secret, whatever is asked for. */
function secretWith(file: string): KubeClient {
  const data = { other: "", file: Buffer.from(file).toString("base64") };
  return { get: () => Promise.resolve({ data }) } as unknown as KubeClient;
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
const watched = (api: Watched["api"]): Watched => ({
  kubeconfig: "",
  namespace: "default",
  cluster: "emqx",
  api: { port, ...api },
});

test("Version 5 is asked with the package's own key of the bootstrap file", async () => {
  answers.set("/api/v5/nodes", [200, '[{"node":"emqx@a"}]']);
  const client = secretWith("somebody:else\npulumi-emqx:s3cret:administrator\n");
  const api = await ClusterApiClient.open(client, watched({}));
  assert.deepEqual(await api.nodes(HOST), [{ node: "emqx@a" }]);
  assert.ok(seen.includes(`/api/v5/nodes ${basic("pulumi-emqx:s3cret")}`));
});

test("Version 4's envelope is taken off, and its credentials may be a user's", async () => {
  const nodes = [{ node: "emqx-ee@a", node_status: "Running" }];
  answers.set("/api/v4/nodes", [200, JSON.stringify({ code: 0, data: nodes })]);
  const evacuations = [{ node: "emqx-ee@a", state: "waiting_takeover" }];
  answers.set("/api/v4/load_rebalance/global_status", [
    200,
    JSON.stringify({ evacuations, rebalances: [] }),
  ]);
  const credentials = { user: "admin", password: "public" };
  const client = secretWith("");
  const api = await ClusterApiClient.open(client, watched({ version: "v4", credentials }));
  assert.deepEqual(await api.nodes(HOST), nodes);
  assert.deepEqual(await evacuationsOf(api, HOST), evacuations);
  assert.ok(seen.includes(`/api/v4/nodes ${basic("admin:public")}`));
});

test("A release without evacuation has none under way, any other failure is one", async () => {
  const paths = { evacuationsPath: "/nowhere" };
  const client = secretWith("pulumi-emqx:s3cret");
  const api = await ClusterApiClient.open(client, watched(paths));
  assert.deepEqual(await evacuationsOf(api, HOST), []);
  answers.set("/nowhere", [500, "down"]);
  await assert.rejects(evacuationsOf(api, HOST), /GET \/nowhere of 127.0.0.1 answered 500: down/);
});

test("A Secret without the key is an error that names both", async () => {
  await assert.rejects(
    ClusterApiClient.open(secretWith("a:b"), watched({})),
    /line `pulumi-emqx:<secret>` in Secret emqx-bootstrap-api-key/,
  );
});
