import assert from "node:assert/strict";
import { test } from "node:test";
import { releaseOf } from "../components/release";

/** Edition, dialect, then what it can do: Evacuation, Open check, Licensed, Replicants. */
function summary(image: string): string {
  const release = releaseOf(image);
  const flags = [
    release.evacuation ? "E" : "-",
    release.openAvailabilityCheck ? "O" : "-",
    release.licensed ? "L" : "-",
    release.replicants ? "R" : "-",
  ];
  const { major, minor, patch } = release;
  const version = [major, minor, patch].filter((n) => n !== undefined).join(".");
  return `${release.edition} ${release.dialect} ${version} ${flags.join("")}`.replace("  ", " ");
}

test("tells edition and abilities of the images in the documents", () => {
  assert.equal(summary("emqx/emqx-enterprise:5.6.0"), "enterprise v5 5.6.0 EOLR");
  assert.equal(summary("emqx:5"), "opensource v5 5 ----");
  assert.equal(summary("emqx/emqx-ee:4.4.14"), "enterprise v4 4.4.14 E-L-");
  assert.equal(summary("emqx/emqx:5.0.6"), "opensource v5 5.0.6 ---R");
});

test("the open-source image becomes the single edition with 5.9", () => {
  assert.equal(summary("emqx/emqx:5.7.2"), "opensource v5 5.7.2 ---R");
  assert.equal(summary("emqx/emqx:5.8.6"), "opensource v5 5.8.6 ----");
  assert.equal(summary("emqx/emqx:5.9.0"), "enterprise v5 5.9.0 EOLR");
  assert.equal(summary("emqx/emqx:6.1.0"), "enterprise v5 6.1.0 EOLR");
  assert.equal(summary("emqx/emqx:4.4.19"), "opensource v4 4.4.19 ----");
});

test("evacuation and its open check came one after the other", () => {
  assert.equal(summary("emqx/emqx-enterprise:5.0.2"), "enterprise v5 5.0.2 --LR");
  assert.equal(summary("emqx/emqx-enterprise:5.0.3"), "enterprise v5 5.0.3 E-LR");
  assert.equal(summary("emqx/emqx-enterprise:5.3.2"), "enterprise v5 5.3.2 E-LR");
  assert.equal(summary("emqx/emqx-enterprise:5.4.0"), "enterprise v5 5.4.0 EOLR");
  assert.equal(summary("emqx/emqx-ee:4.4.11"), "enterprise v4 4.4.11 --L-");
  assert.equal(summary("emqx/emqx-ee:4.4.24"), "enterprise v4 4.4.24 EOL-");
});

test("what a tag leaves open counts as the newest", () => {
  assert.equal(summary("emqx/emqx:6"), "enterprise v5 6 EOLR");
  assert.equal(summary("emqx/emqx:latest"), "enterprise v5 EOLR");
  assert.equal(summary("emqx/emqx"), "enterprise v5 EOLR");
  assert.equal(summary("emqx/emqx:5"), "opensource v5 5 ----");
  assert.equal(summary("emqx/emqx-enterprise:5"), "enterprise v5 5 EOLR");
  assert.equal(summary("emqx/emqx-ee"), "enterprise v4 EOL-");
  assert.equal(summary("emqx:latest"), "opensource v5 ----");
  assert.equal(summary("company/broker:2024-11"), "unknown v5 EOLR");
  assert.equal(summary("company/broker:1.4.0"), "unknown v5 EOLR");
  assert.equal(summary("company/broker:4.4.14"), "unknown v5 EOLR");
});

test("registries, digests and suffixes are no part of the version", () => {
  const digest = `@sha256:${"0".repeat(64)}`;
  assert.equal(summary(`localhost:5000/emqx/emqx:5.8.6${digest}`), "opensource v5 5.8.6 ----");
  assert.equal(summary(`emqx/emqx${digest}`), "enterprise v5 EOLR");
  assert.equal(summary("localhost:5000/emqx/emqx"), "enterprise v5 EOLR");
  assert.equal(summary("docker.io/library/emqx:5.1.6"), "opensource v5 5.1.6 ---R");
  assert.equal(summary("quay.io/emqx/emqx-enterprise:e5.8.4-rc.1"), "enterprise v5 5.8.4 EOLR");
  assert.equal(summary("registry.example.org/mqtt/broker:6.1.0"), "unknown v5 6.1.0 EOLR");
  assert.equal(summary("registry.example.org/mirror/emqx-ee:4.4.14"), "enterprise v4 4.4.14 E-L-");
  assert.equal(summary("company/emqx-patched:4.4.14"), "unknown v4 4.4.14 E-L-");
  assert.equal(summary("company/emqx:5.3.0"), "unknown v5 5.3.0 E-LR");
});
