import assert from "node:assert/strict";
import { test } from "node:test";
import { readyEndpoints } from "../../../sandbox/load/endpoints";

const metadata = { name: "slice", namespace: "default", uid: "1" };
const endpoint = (pod: string, address: string, ready?: boolean) => ({
  addresses: [address],
  conditions: { ready },
  targetRef: { name: pod },
});

test("Ready endpoints of the wanted port are addressed where the sandbox's processes listen", () => {
  const slice = {
    metadata,
    ports: [{ name: "tcp-default", port: 1883 }],
    endpoints: [
      endpoint("emqx-0", "10.88.3.1", true),
      endpoint("emqx-1", "10.88.3.2", false),
      // The API says that a missing condition means ready.
      endpoint("emqx-2", "10.88.3.3", undefined),
    ],
  };
  assert.deepEqual(readyEndpoints(slice, 1883), [
    { pod: "emqx-0", host: "127.88.3.1", port: 1883 },
    { pod: "emqx-2", host: "127.88.3.3", port: 1883 },
  ]);
  assert.deepEqual(readyEndpoints(slice, 8883), []);
  assert.deepEqual(readyEndpoints({ metadata }, 1883), []);
});
