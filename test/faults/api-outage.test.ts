import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { PulumiResult } from "../../sandbox/pulumi-cli";
import { ApiBench } from "./support/api-upgrade";
import { fault } from "./support/fault";
import { ENGINE, engineRequests } from "./support/kube-faults";

let api: ApiBench;

before(async () => {
  api = await ApiBench.open("api-outage");
});
after(() => api?.close());

fault(
  {
    id: "api-outage-minute",
    title: "an outage of a minute during Evacuate is waited for inside the same up",
    deadlineSeconds: 300,
  },
  async (course) => {
    const { output } = await api.survives(
      course,
      () => api.reached("Evacuate"),
      () => api.proxy.outage(60_000),
    );

    assert.match(output, /the API server http\S+ answers again, after \d\d s/);
  },
);

fault(
  {
    id: "api-outage-silent",
    title: "an API server that takes requests and answers none for 40 s is waited for",
    deadlineSeconds: 300,
  },
  async (course) => {
    const { proxy } = api;
    const hang = (): void => {
      const rule = proxy.strike({ agent: ENGINE, effect: { kind: "hang" } });
      setTimeout(() => proxy.heal(rule), 40_000);
    };
    await api.survives(course, () => api.reached("Evacuate"), hang);
  },
);

fault(
  {
    id: "api-outage-long",
    title: "an outage beyond the limit ends the up with a code, and the next up goes on",
    deadlineSeconds: 300,
  },
  async ({ injected, handled }) => {
    const { proxy, scenario } = api;
    await api.upgrade(async (result) => {
      await api.reached("Evacuate");
      injected();
      await proxy.refuse();
      const ended: PulumiResult = await result;
      handled();
      assert.notEqual(ended.code, 0, ended.output);
      assert.match(ended.output, /EMQX_KUBERNETES_UNREACHABLE/);
      assert.match(ended.output, /also when asked again for 1[12]\d s/);

      await proxy.accept();
      proxy.forget();
      await scenario.stack.up();
      assert.ok(engineRequests(proxy).some(({ method }) => method === "PATCH"));
    });
  },
);

fault(
  {
    id: "api-outage-taken-over",
    title: "a run that was cut off while another took its lease changes nothing afterwards",
    deadlineSeconds: 120,
  },
  async ({ injected, handled }) => {
    const { bench, proxy, scenario } = api;
    const { namespace, cluster } = scenario.watched;
    const lease = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${cluster}-rollout`;
    const holder = (holderIdentity: string, renewTime?: string) =>
      bench.api.patch(lease, { spec: { holderIdentity, renewTime } });
    await api.upgrade(async (result) => {
      await api.reached("Evacuate");
      injected();
      const ended = proxy.outage(20_000).then(() => proxy.forget());
      await holder("elsewhere/1/2-00000000", new Date().toISOString().replace("Z", "000Z"));
      await ended;
      const { code, output } = await result;
      handled();
      assert.notEqual(code, 0, output);
      assert.match(output, /EMQX_ROLLOUT_FENCED/);
      assert.match(output, /elsewhere\/1/);
      const writes = engineRequests(proxy).filter(
        ({ method, path, status = 0 }) =>
          method !== "GET" && status < 300 && !path.includes("selfsubject"),
      );
      assert.deepEqual(writes, [], "not a single write after the outage");
      await holder("");
      await scenario.stack.up();
    });
  },
);
