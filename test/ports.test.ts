import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { scanConfig } from "../components/config-scan";
import { scanHocon } from "../components/hocon";
import { declaredPorts } from "../components/ports";

const ports = (config: object, env?: object[]) =>
  declaredPorts(scanConfig({ config, env })).listeners.map(
    ({ name, port, protocol }) => `${name} ${port}/${protocol}`,
  );

test("without configuration EMQX listens on its four defaults and the dashboard on 18083", () => {
  assert.deepEqual(ports({}), [
    "tcp-default 1883/TCP",
    "ssl-default 8883/TCP",
    "ws-default 8083/TCP",
    "wss-default 8084/TCP",
  ]);
  const { dashboard, dashboardHttps } = declaredPorts(new Map());
  assert.equal(dashboard, 18083);
  assert.equal(dashboardHttps, undefined);
});

test("reads HOCON as people write it", () => {
  const data = `
    # listeners.tcp.commented.bind = 1
    listeners {
      tcp.default { bind = "0.0.0.0:1884", acceptors = 16 } // moved
      ssl.default { enable: false, bind: 8883 }
      ws.default.enabled = false
      wss { default { enable = false } }
      tcp.other {
        bind = ":2883"
        ssl_options { ciphers = ["A", "}"], depth = 1 }
      }
      "quic" { "default" = { bind = "[::]:14567" } }
    }
    authentication = [ { mechanism = password_based, url = "http://a:1/b" } ]
    description = """
      listeners.tcp.quoted.bind = 1
    """
    include "other.conf"
    gateway.stomp { enable = true, listeners.tcp.default { bind = 61613 } }
    gateway.coap { enable = false, listeners.udp.default { bind = 5683 } }
    gateway.mqttsn.listeners.udp.default.bind = 1884
  `;
  assert.deepEqual(ports({ data }), [
    "tcp-default 1884/TCP",
    "tcp-other 2883/TCP",
    "quic-default 14567/UDP",
    "stomp-tcp-default 61613/TCP",
    "mqttsn-udp-default 1884/UDP",
  ]);
});

test("JSON is HOCON", () => {
  const data = JSON.stringify({
    listeners: { tcp: { default: { bind: 1884 } } },
    a: [1, { b: "}" }],
  });
  assert.equal(ports({ data })[0], "tcp-default 1884/TCP");
});

test("roots win over text, and environment over both", () => {
  const config = {
    data: "listeners.tcp.default.bind = 1",
    roots: { listeners: { tcp: { default: { bind: 2 } } } },
  };
  assert.equal(ports(config)[0], "tcp-default 2/TCP");
  const env = [{ name: "EMQX_LISTENERS__TCP__DEFAULT__BIND", value: '"0.0.0.0:3"' }];
  assert.equal(ports(config, env)[0], "tcp-default 3/TCP");
});

test("the dashboard's port follows the configuration", () => {
  const dashboard = (data: string) => declaredPorts(scanHocon(data)).dashboard;
  assert.equal(dashboard("dashboard { listeners.http { bind = 18084 } }"), 18084);
  assert.equal(dashboard("dashboard.listeners.http.bind = 0"), undefined);
  assert.equal(dashboard("dashboard.listeners.http.enable = false"), undefined);
});

test("any text ends in some answer, quickly", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      "=",
      ":",
      '"',
      '"""',
      "#",
      "//",
      "\n",
      ".",
      ",",
      "\\",
      "a",
      "$",
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      assert.ok(declaredPorts(scanHocon(pieces.join(""))).listeners.length <= 60);
    }),
    { numRuns: 2000 },
  );
  assert.ok(scanHocon("{a".repeat(100_000)).size <= 100_000);
});
