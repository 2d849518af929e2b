import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InvalidParameters, parseParameters } from "../../../sandbox/emqx/evacuation/parameters";

const wrong = (value: string, reason: string, path: string): string =>
  `{"value":${value},"reason":${reason},"path":"${path}","kind":"validation_error"}`;
const RATE = '{"expected":"pos_integer()"}';
const SECONDS = '{"expected":"emqx_schema:timeout_duration_s()"}';
const NAMES = '{"expected":"[binary(),...]"}';
const unknown = (unmatched: string, name: string): string =>
  `{"unmatched":"${unmatched}","unknown":"${name}","reason":"unknown_fields","path":"root","kind":"validation_error"}`;

/** Bodies and the messages that a real node answered (facts/emqx-observed/s1a). */
const REFUSED: [body: string, message: string][] = [
  ["[]", wrong("[]", '"bad_value_for_struct"', "root")],
  ["5", wrong("5", '"bad_value_for_struct"', "root")],
  ['{"foo":1}', unknown("conn_evict_rate,migrate_to,...", "foo")],
  ['{"foo":1,"bar":2}', unknown("conn_evict_rate,migrate_to,...", "bar,foo")],
  ['{"conn_evict_rate":"conn","foo":1}', unknown("migrate_to,redirect_to,...", "foo")],
  ['{"unknown":1,"migrate_to":[]}', unknown("conn_evict_rate,redirect_to,...", "unknown")],
  ['{"conn_evict_rate":"conn"}', wrong('"conn"', RATE, "root.conn_evict_rate")],
  ['{"conn_evict_rate":0}', wrong("0", RATE, "root.conn_evict_rate")],
  ['{"conn_evict_rate":-1}', wrong("-1", RATE, "root.conn_evict_rate")],
  ['{"conn_evict_rate":1.5}', wrong("1.5", RATE, "root.conn_evict_rate")],
  ['{"sess_evict_rate":"x"}', wrong('"x"', RATE, "root.sess_evict_rate")],
  ['{"wait_health_check":"x"}', wrong('"x"', '"Not a valid duration"', "root.wait_health_check")],
  ['{"wait_health_check":-1}', wrong("-1", SECONDS, "root.wait_health_check")],
  ['{"wait_health_check":1.5}', wrong("1.5", SECONDS, "root.wait_health_check")],
  ['{"wait_takeover":"wait"}', wrong('"wait"', '"Not a valid duration"', "root.wait_takeover")],
  ['{"migrate_to":[]}', wrong("[]", NAMES, "root.migrate_to")],
  ['{"migrate_to":"x"}', wrong('"x"', NAMES, "root.migrate_to")],
  [
    '{"migrate_to":"emqx@127.0.0.12"}',
    wrong('"emqx@127.0.0.12"', '"Unable to parse Erlang term"', "root.migrate_to"),
  ],
  ['{"migrate_to":[1]}', wrong('"\\u0001"', NAMES, "root.migrate_to")],
  ['{"migrate_to":[null]}', wrong("[null]", NAMES, "root.migrate_to")],
  ['{"redirect_to":["x"]}', wrong('["x"]', '{"expected":"binary()"}', "root.redirect_to")],
  [
    '{"conn_evict_rate":"a","sess_evict_rate":"b"}',
    `[${wrong('"a"', RATE, "root.conn_evict_rate")},${wrong('"b"', RATE, "root.sess_evict_rate")}]`,
  ],
];

describe("the body of evacuation/start", () => {
  for (const [body, message] of REFUSED) {
    test(`${body} is refused in the words of a real node`, () => {
      assert.throws(
        () => parseParameters(JSON.parse(body)),
        (error) => error instanceof InvalidParameters && error.message === message,
      );
    });
  }

  test("absent and null fields have EMQX's defaults", () => {
    const expected = {
      ...{ waitHealthCheck: 60, connEvictRate: 500, sessEvictRate: 500, waitTakeover: 60 },
      migrateTo: undefined,
    };
    assert.deepEqual(parseParameters({}), expected);
    const nulls = { conn_evict_rate: null, wait_takeover: null, migrate_to: null };
    assert.deepEqual(parseParameters(nulls), expected);
  });

  test("numbers may be text, durations may have units and are rounded up", () => {
    const parsed = parseParameters({
      ...{ conn_evict_rate: "50", wait_health_check: "1500ms", wait_takeover: "1m" },
      ...{ migrate_to: ["a@b", "a@b"], redirect_to: 5 },
    });
    assert.equal(parsed.connEvictRate, 50);
    assert.equal(parsed.waitHealthCheck, 2);
    assert.equal(parsed.waitTakeover, 60);
    assert.deepEqual(parsed.migrateTo, ["a@b", "a@b"]);
  });
});
