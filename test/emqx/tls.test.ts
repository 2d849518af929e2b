import assert from "node:assert/strict";
import { createServer as createHttps, type Server } from "node:https";
import { connect, createServer as createTcp, type AddressInfo } from "node:net";
import { after, test } from "node:test";
import { EmqxHttp } from "../../components/emqx/http";
import { secured, type TlsSite } from "../../components/emqx/tls";
import { authority, issue, type KeyPair } from "../../sandbox/node-agent/server/certificate";

const SITE: TlsSite = { name: "emqx", namespace: "mqtt", clusterDomain: "cluster.local" };
const SERVICE = "emqx-dashboard.mqtt.svc";
const NODE = "*.emqx-headless.mqtt.svc.cluster.local";
const ours = authority("our authority");
const ends: (() => void)[] = [];
after(() => ends.forEach((end) => end()));

async function listening(server: Server | ReturnType<typeof createTcp>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

const dashboard = ({ key, cert }: KeyPair): Promise<number> =>
  listening(
    createHttps({ key, cert }, (_, response) => {
      response.setHeader("content-type", "application/json");
      response.end('{"secure":true}');
    }),
  );

/** Asks a pod that listens at `port` of this machine, by HTTPS. */
async function ask(port: number, dashboardTls?: TlsSite["dashboardTls"]): Promise<unknown> {
  const http = new EmqxHttp({
    dial: () => Promise.resolve(connect(port, "127.0.0.1")),
    port: 18084,
    https: true,
    secure: (stream, pod) => secured(stream, pod, { ...SITE, dashboardTls }),
    base: "/api/v5",
    secret: "Secret mqtt/keys",
    readApiKeys: () => Promise.resolve("pulumi-emqx:s3cret"),
  });
  try {
    return (await http.call("emqx-core-a-0", "GET", "/nodes", 10_000)).body;
  } finally {
    await http.close();
  }
}

const unreachable = (message: RegExp) => (error: unknown) => {
  const { code, message: text } = error as { code: string; message: string };
  assert.equal(code, "EMQX_API_UNREACHABLE");
  assert.match(text, message);
  assert.doesNotMatch(text, /BEGIN|s3cret/);
  return true;
};

for (const name of [SERVICE, `${SERVICE}.cluster.local`, NODE]) {
  test(`a certificate of a private authority for ${name} is taken with its bundle`, async () => {
    const port = await dashboard(issue(ours, [name]));
    assert.deepEqual(await ask(port, { caBundle: ours.cert }), { secure: true });
  });
}

test("without the bundle it is not trusted, nor with another authority's", async () => {
  const port = await dashboard(issue(ours, [SERVICE]));
  const advice = /emqx-core-a-0.*dashboardTls\.caBundle/;
  await assert.rejects(ask(port), unreachable(advice));
  const other = authority("another authority").cert;
  await assert.rejects(ask(port, { caBundle: other }), unreachable(advice));
  const impostor = authority("our authority").cert;
  await assert.rejects(ask(port, { caBundle: impostor }), unreachable(/Expected a certificate/));
});

test("a certificate for somebody else is refused and the names that would do are told", async () => {
  const port = await dashboard(issue(ours, ["mqtt.example.com"]));
  const told = /emqx-dashboard\.mqtt\.svc.*dashboardTls\.serverName/;
  await assert.rejects(ask(port, { caBundle: ours.cert }), unreachable(told));
  const named = { caBundle: ours.cert, serverName: "mqtt.example.com" };
  assert.deepEqual(await ask(port, named), { secure: true });
  const service = await dashboard(issue(ours, [SERVICE]));
  await assert.rejects(ask(service, named), unreachable(/one of mqtt\.example\.com/));
});

test("an expired certificate is refused", async () => {
  const longAgo = new Date(Date.now() - 12 * 365 * 86_400_000);
  const port = await dashboard(issue(ours, [SERVICE], longAgo));
  await assert.rejects(ask(port, { caBundle: ours.cert }), unreachable(/expired.*Renew it/));
});

test("any certificate is taken only when that is said", async () => {
  const port = await dashboard(issue(authority("nobody"), ["elsewhere"]));
  await assert.rejects(ask(port, { insecureSkipVerify: false }), unreachable(/certificate/));
  assert.deepEqual(await ask(port, { insecureSkipVerify: true }), { secure: true });
});

test("a pod that speaks no TLS, or hangs up, is an error and not a wait", async () => {
  const plain = await listening(
    createTcp((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
  );
  await assert.rejects(ask(plain), unreachable(/dashboard\.listeners\.https/));
  const deaf = await listening(createTcp((socket) => socket.destroy()));
  await assert.rejects(ask(deaf), unreachable(/emqx-core-a-0/));
});
