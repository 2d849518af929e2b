import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { ImageError, Images } from "../../../../sandbox/node-agent/image/images";
import { isEmqxImage } from "../../../../sandbox/node-agent/image/registry";
import { parseImage } from "../../../../sandbox/node-agent/image/reference";

const dir = mkdtempSync(path.join(os.tmpdir(), "images-"));
after(() => rmSync(dir, { recursive: true }));

let files = 0;
const fresh = () => new Images(path.join(dir, `${files++}.json`), 1);
const ignore = () => undefined;

async function reasonFor(image: string, policy = "IfNotPresent"): Promise<string> {
  try {
    await fresh().ensure(image, policy, ignore);
    return "ok";
  } catch (error) {
    assert.ok(error instanceof ImageError);
    return `${error.reason}: ${error.message}`;
  }
}

test("image names are completed as a container runtime does", () => {
  assert.equal(parseImage("emqx/emqx:6.0.1")?.full, "docker.io/emqx/emqx:6.0.1");
  assert.equal(parseImage("nginx")?.full, "docker.io/library/nginx:latest");
  assert.equal(parseImage("reg:5000/a/b")?.full, "reg:5000/a/b:latest");
  assert.equal(parseImage("localhost/emqx/emqx:5.8.0")?.host, "localhost");
  for (const bad of ["", "emqx/EMQX:1", "emqx/emqx:", "a//b", "emqx/emqx:6 0", "emqx@sha256:1"]) {
    assert.equal(parseImage(bad), undefined, bad);
  }
});

test("the registry has EMQX from 4.4 to 6.3, on any host", async () => {
  for (const good of [
    "emqx/emqx:4.4.0",
    "emqx/emqx-ee:4.4.19",
    "emqx/emqx-enterprise:5.8.4",
    "emqx/emqx:6.3.0-rc.1",
    "quay.io/emqx/emqx:6.1.0",
    "emqx/emqx:5.0.6",
    "emqx:5",
    "emqx:5.8.6",
    "emqx/emqx-enterprise:6.0",
    "busybox:1",
  ]) {
    assert.equal(await reasonFor(good), "ok", good);
  }
  for (const bad of ["emqx/emqx:4.3.9", "emqx/emqx:6.4.0", "emqx/emqx:6.4", "emqx/emqx"]) {
    const full = bad.includes(":") ? bad : `${bad}:latest`;
    assert.equal(
      await reasonFor(bad),
      "ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image " +
        `"docker.io/${full}": failed to resolve reference "docker.io/${full}": docker.io/${full}: not found`,
    );
  }
  for (const bad of ["emqx:6.0.1", "emqx/emqx-ee:5.0.0", "emqx:4.3"]) {
    assert.match(await reasonFor(bad), /^ErrImagePull: .*not found$/, bad);
  }
  assert.match(await reasonFor("redis:7"), /^ErrImagePull: .*pull access denied/);
});

test("a container is EMQX by its image, whatever its name and registry", () => {
  for (const image of ["emqx:5", "emqx/emqx-ee:4.4.14", "reg.local:5000/emqx/emqx:6.0.1"]) {
    assert.equal(isEmqxImage(image), true, image);
  }
  for (const image of [undefined, "busybox", "emqx/emqx-exporter:0.2", "my/emqx:5"]) {
    assert.equal(isEmqxImage(image), false, image);
  }
});

test("a name that no registry could have is invalid", async () => {
  assert.match(
    await reasonFor("emqx/EMQX:6.0.1"),
    /^InvalidImageName: .*invalid reference format$/,
  );
});

test("the policy Never works only for images that were pulled before", async () => {
  const image = "emqx/emqx:6.0.1";
  assert.match(await reasonFor(image, "Never"), /^ErrImageNeverPull: Container image/);
  const images = fresh();
  await images.ensure(image, "Always", ignore);
  assert.equal((await images.ensure(image, "Never", ignore)).present, true);
});

test("an image is pulled once unless the policy is Always, and outlives the agent", async () => {
  const file = path.join(dir, "kept.json");
  let pulls = 0;
  const count = () => (pulls += 1);
  await new Images(file, 1).ensure("emqx/emqx:6.0.1", "IfNotPresent", count);
  await new Images(file, 1).ensure("emqx/emqx:6.0.1", "IfNotPresent", count);
  assert.equal(pulls, 1);
  await new Images(file, 1).ensure("emqx/emqx:6.0.1", "Always", count);
  assert.equal(pulls, 2);
});
