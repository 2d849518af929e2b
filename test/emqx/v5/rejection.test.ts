import assert from "node:assert/strict";
import { test } from "node:test";
import { hideValuesOf, reasonsIn } from "../../../components/emqx/v5/rejection";

/** Bodies as real nodes sent them (facts/emqx-api.md 3, emqx-observed.md "Requests and errors"). */
for (const [shape, { body, reasons }] of Object.entries({
  "a validation error by root": {
    body: {
      errors: {
        log: {
          kind: "validation_error",
          path: "log.console.level",
          reason: "unable_to_convert_to_enum_symbol",
          value: "erro1r",
        },
      },
    },
    reasons: ["log.console.level: unable_to_convert_to_enum_symbol"],
  },
  "several roots": {
    body: {
      errors: {
        mqtt: { kind: "validation_error", path: "mqtt.a", reason: "bad" },
        log: { kind: "validation_error", path: "log.b", reason: "worse" },
      },
    },
    reasons: ["mqtt.a: bad", "log.b: worse"],
  },
  "a parse error": {
    body: { errors: { type: "parse_error", line: 3, reason: "syntax error" } },
    reasons: ["cannot be parsed in line 3: syntax error"],
  },
  "an unknown root": {
    body: { errors: { a: '{root_key_not_found,"a","value"}' } },
    reasons: ["a: root_key_not_found"],
  },
  text: {
    body: { errors: "Cannot update read-only key 'cluster.discovery_strategy'." },
    reasons: ["Cannot update read-only key 'cluster.discovery_strategy'."],
  },
  "JSON inside the message": {
    body: {
      code: "BAD_REQUEST",
      message: JSON.stringify({
        unmatched: "conn_evict_rate",
        unknown: "foo",
        reason: "unknown_fields",
        path: "root",
        kind: "validation_error",
      }),
    },
    reasons: ["root: unknown_fields, unknown foo"],
  },
  "an expected type": {
    body: {
      message: JSON.stringify({
        kind: "validation_error",
        path: "root.conn_evict_rate",
        reason: { expected: "pos_integer()" },
        value: "0",
      }),
    },
    reasons: ["root.conn_evict_rate: expected pos_integer()"],
  },
  "text of several lines": {
    body: { errors: "Can't merge the new configurations!\nRoot key: license\nReason: bad\n" },
    reasons: ["Can't merge the new configurations! Root key: license Reason: bad"],
  },
  "no JSON": { body: undefined, reasons: [] },
})) {
  test(`a rejection that is ${shape} is told as path and reason`, () => {
    assert.deepEqual(reasonsIn(body), reasons);
  });
}

test("values of settings that are named like secrets are hidden wherever EMQX repeats them", () => {
  const hocon = [
    'authentication = [{"mechanism": "jwt", "secret": "s3cr3t-jwt"}]',
    "connectors.kafka.password = plain-pass",
    'bridges.x.api_key : "k3y with \\"quotes\\""',
    'mqtt.max_packet_size = "2MB"',
  ].join("\n");
  const hidden = hideValuesOf(hocon, "near s3cr3t-jwt and plain-pass, not 2MB");
  assert.equal(hidden, "near [hidden] and [hidden], not 2MB");
});

test("a secret of few letters does not take words apart", () => {
  assert.equal(hideValuesOf("password = ma", "mqtt.max_packet_size"), "mqtt.max_packet_size");
});
