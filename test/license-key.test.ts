import assert from "node:assert/strict";
import { test } from "node:test";
import { licenseFactsOf, readLicenseKey } from "../components/license-key";
import { mintLicense } from "../sandbox/emqx/license";

const image = "emqx/emqx:6.1.0";

/** A key in EMQX's shape. */
function key(fields: { type?: string; customer?: string; start?: string; days?: string } = {}) {
  const { type = "1", customer = "2", start = "20260101", days = "30" } = fields;
  const lines = ["220111", type, customer, "Name", "a@b.c", "prod", start, days, "1000"];
  return `${Buffer.from(lines.join("\n")).toString("base64")}.${"c2lnbmF0dXJl"}`;
}

test("reads type, last day and sessions of a key", () => {
  assert.deepEqual(readLicenseKey(key(), image), {
    type: "official",
    expiresOn: "2026-01-31",
    maxSessions: 1000,
  });
  assert.equal(readLicenseKey(key({ type: "0" }), image)?.type, "trial");
  assert.equal(readLicenseKey(key({ type: "0", customer: "10" }), image)?.type, "evaluation");
  assert.equal(readLicenseKey(key({ type: "2" }), image)?.type, "single-node");
  assert.equal(readLicenseKey(`  ${key()}\n`, image)?.type, "official");
});

test("counts days across years as the calendar does", () => {
  const last = (start: string, days: string) =>
    readLicenseKey(key({ start, days }), image)?.expiresOn;
  assert.equal(last("20240228", "1"), "2024-02-29");
  assert.equal(last("20251231", "1"), "2026-01-01");
  assert.equal(last("20220111", "100000"), "2295-10-27");
});

test("reads the keys that the simulator accepts", () => {
  const minted = mintLicense({ maxSessions: 5000, expiresInDays: 10 });
  const day = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  assert.deepEqual(readLicenseKey(minted, image), {
    type: "official",
    expiresOn: day,
    maxSessions: 5000,
  });
});

test("the built-in keys mean what the release makes of them", () => {
  assert.deepEqual(readLicenseKey("evaluation", image), { type: "evaluation", maxSessions: 25 });
  assert.equal(readLicenseKey("default", image)?.type, "single-node");
  assert.equal(readLicenseKey("default", "emqx/emqx-enterprise:5.9.0")?.type, "single-node");
  assert.equal(readLicenseKey("default", "emqx/emqx-enterprise:5.8.4")?.type, "evaluation");
});

test("leaves to EMQX what it cannot read", () => {
  for (const text of [
    "file:///mounted/license",
    "...",
    "",
    "abc",
    "abc.def",
    `${key()}.more`,
    key({ type: "7" }),
    key({ start: "20261399" }),
    key({ days: "-1" }),
    key({ days: "999999999" }),
  ]) {
    assert.equal(readLicenseKey(text, image), undefined, text);
  }
});

test("finds the key that counts: environment, argument, configuration", () => {
  const config = { data: `license {\n  key = "${key({ type: "0" })}"\n}` };
  const env = [{ name: "EMQX_LICENSE__KEY", value: `"${key({ type: "2" })}"` }];
  const coreTemplate = { spec: { env } };
  const type = (given: object) => licenseFactsOf({ image, ...given })?.type;
  assert.equal(type({}), undefined);
  assert.equal(type({ config }), "trial");
  assert.equal(type({ config: { roots: { license: { key: key() } } } }), "official");
  assert.equal(type({ config, license: key() }), "official");
  assert.equal(type({ config, license: key(), coreTemplate }), "single-node");
});

test("a release without licences has no facts", () => {
  const given = { image: "emqx/emqx:5.8.6", license: "evaluation" };
  assert.equal(licenseFactsOf(given), undefined);
});
