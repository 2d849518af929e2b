import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { Secret } from "../../sandbox/node-agent/kube/types";
import { brokenInvariants } from "../e2e/support/faults";
import { assertGraceful } from "../e2e/support/graceful";
import { API } from "./support/emqx-faults";
import { EmqxBed, onRevision } from "./support/emqx-bed";
import { fault } from "./support/fault";

// The API key that the nodes know is not, or not everywhere, the one in the Secret.
const SECRET = "/api/v1/namespaces/default/secrets/emqx-bootstrap-api-key";
let bed: EmqxBed;
before(async () => {
  bed = await EmqxBed.open("emqx-key");
});
after(() => bed?.close());

async function replaceKeys(file: string): Promise<string> {
  const { api } = bed.bench;
  const { data } = await api.get<Secret>(SECRET);
  const before = data?.bootstrap_api_key ?? "";
  await api.patch(SECRET, { data: { bootstrap_api_key: file } });
  return before;
}

fault(
  {
    id: "emqx-401",
    title:
      "when no node accepts the key any more the run says how to put it back, and the next goes on",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    let before = "";
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      when: (scene) => onRevision(scene, scene.to) > 10,
      strike: async () => {
        const changed = Buffer.from("pulumi-emqx:changed-by-somebody\n").toString("base64");
        before = await replaceKeys(changed);
        // Nodes would go on answering the key that the provider holds in memory.
        await bed.faults.answers(() => true, { path: API, status: 401, times: 2 });
        injected();
      },
      afterwards: async ({ code, output }) => {
        handled();
        assert.notEqual(code, 0);
        assert.match(output, /EMQX_API_UNAUTHORIZED/);
        assert.match(output, /`pulumi up --refresh` puts the old one back/);
        assert.ok(!output.includes("changed-by-somebody"));
        await replaceKeys(before);
        await bed.scenario.stack.up();
      },
    });
    assertGraceful(report, brokenInvariants(report));
  },
);

fault(
  {
    id: "emqx-401-some",
    title: "nodes that refuse the key while others accept it are waited for",
    deadlineSeconds: 180,
  },
  async ({ injected, handled }) => {
    const { report } = await bed.upgrade({
      phase: "Evacuate",
      strike: async (scene) => {
        const [first] = await bed.blue(scene);
        const name = first?.metadata.name;
        const refusal = { path: API, status: 401, seconds: 10 };
        await bed.faults.answers((pod) => pod.metadata.name === name, refusal);
        injected();
      },
    });
    handled();
    assertGraceful(report, brokenInvariants(report));
  },
);
