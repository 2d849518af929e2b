import type { Container } from "../kubernetes/shapes";

/** `emqx/emqx:5.8`, `registry:5000/emqx/emqx-ee@sha256:...`, but not `emqx/emqx-operator-controller`. */
const IMAGE = /(^|\/)emqx(-enterprise|-ee)?(:[\w.-]+)?(@sha256:\w+)?$/;

/** The container that EMQX runs in: users may rename it and put others beside it. */
export function emqxContainer(containers: Container[] = []): Container | undefined {
  return (
    containers.find(({ name }) => name === "emqx") ??
    containers.find(({ image }) => image !== undefined && IMAGE.test(image)) ??
    containers[0]
  );
}
