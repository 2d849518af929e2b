import assert from "node:assert/strict";
import { test } from "node:test";
import { emqxContainer } from "../../components/rollout/emqx-container";

const nameOf = (...containers: { name: string; image?: string }[]) =>
  emqxContainer(containers)?.name;

test("the container named emqx is EMQX's, wherever it stands", () => {
  assert.equal(nameOf({ name: "proxy", image: "emqx/emqx:5" }, { name: "emqx" }), "emqx");
});

test("a renamed one is known by its image", () => {
  for (const image of [
    "emqx",
    "emqx:5",
    "emqx/emqx-ee:4.4.19",
    "registry.example:5000/emqx/emqx-enterprise@sha256:00ff",
    "emqx/emqx:5.8.6@sha256:00ff",
  ]) {
    assert.equal(nameOf({ name: "proxy", image: "envoy" }, { name: "broker", image }), "broker");
  }
});

test("otherwise the first is taken, and an exporter is not EMQX", () => {
  const exporter = { name: "exporter", image: "example/emqx-exporter:1" };
  assert.equal(nameOf({ name: "broker", image: "mine/mqtt:1" }, exporter), "broker");
  assert.equal(nameOf(), undefined);
});
