import assert from "node:assert/strict";
import test from "node:test";
import { validateCluster } from "../components/validate";
import { warningsOf } from "../components/warnings";
import { selfSigned } from "../sandbox/node-agent/server/certificate";

const { cert, key } = selfSigned("authority", "127.0.0.1");
const HTTPS_ONLY =
  "dashboard.listeners { http.bind = 0, https { bind = 18084, ssl_options.certfile = c } }";
const problemsOf = (dashboardTls: unknown, data = HTTPS_ONLY): string[] =>
  validateCluster({ image: "emqx/emqx:6.1.0", config: { data }, dashboardTls }).map(
    ({ property, reason }) => `${property}: ${reason}`,
  );

test("a bundle of certificates and a name are taken, with a dashboard on HTTPS only", () => {
  assert.deepEqual(problemsOf(undefined), []);
  assert.deepEqual(problemsOf({ caBundle: cert + cert, serverName: "mqtt.example.com" }), []);
  assert.deepEqual(problemsOf({ insecureSkipVerify: true }), []);
});

test("a dashboard that listens nowhere is refused", () => {
  const [problem = ""] = problemsOf(undefined, "dashboard.listeners.http.bind = 0");
  assert.match(problem, /^config: Expected `dashboard\.listeners\.http` or `\.https`/);
});

for (const [what, tls, message] of [
  ["a path in place of a bundle", { caBundle: "/etc/ca.pem" }, /dashboardTls\.caBundle: .*PEM/],
  ["a bundle with a key in it", { caBundle: cert + key }, /a private key. Remove it/],
  [
    "a bundle that is cut",
    { caBundle: cert.replace(/\n.*\n-----END/, "\n-----END") },
    /certificate 1 of `dashboardTls\.caBundle` to be readable/,
  ],
  ["a name that is none", { serverName: "two words" }, /dashboardTls\.serverName.*a DNS name/],
  [
    "a contradiction",
    { caBundle: cert, insecureSkipVerify: true },
    /either `insecureSkipVerify` or `caBundle`, got both/,
  ],
  ["an unknown field", { ca: cert }, /Unknown field `dashboardTls\.ca`/],
] as const) {
  test(`${what} is refused at preview, by its field and without a secret`, () => {
    const problems = problemsOf(tls);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", message);
    assert.ok(!problems[0]?.includes(key.split("\n")[1] ?? key));
  });
}

test("taking any certificate is warned of, every time", () => {
  assert.match(warningsOf({ dashboardTls: { insecureSkipVerify: true } }).join(), /insecureSkip/);
  assert.deepEqual(warningsOf({ dashboardTls: { caBundle: cert } }), []);
});
