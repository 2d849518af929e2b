import type { KubeClient } from "./kube/client";
import { Reflector } from "./kube/reflector";
import type { Claim, EndpointSlice, KubeNode, KubeObject, Pod, Service } from "./kube/types";

/** What the agent does about changes in the cluster. */
export interface Reactions {
  pod(pod: Pod): void;
  podGone(pod: Pod): void;
  /** All pods have been listed again. */
  podsListed(): void;
  node(node: KubeNode): void;
  claim(claim: Claim): void;
  claimGone(claim: Claim): void;
  /** One Service is new or changed. */
  service(service: Service): void;
  /** The set of Services changed, or was listed again. */
  services(): void;
  /** Services or EndpointSlices changed: names may resolve differently. */
  names(): void;
}

export interface ClusterWatch {
  pods: Reflector<Pod>;
  nodes: Reflector<KubeNode>;
  services: Reflector<Service>;
  slices: Reflector<EndpointSlice>;
  claims: Reflector<Claim>;
  /** Begins to watch; resolves after the first lists. */
  start(reactions: Reactions): Promise<void>;
  stop(): void;
}

/** Copies of the five collections that the agent follows. */
export function watchCluster(client: KubeClient, log: (line: string) => void): ClusterWatch {
  let reactions: Reactions | undefined;
  const reflect = <T extends KubeObject>(
    path: string,
    changed: (to: Reactions, object: T) => void,
    gone: (to: Reactions, object: T) => void,
    listed: (to: Reactions) => void = () => undefined,
  ) =>
    new Reflector<T>(
      client,
      path,
      {
        changed: (object) => reactions && changed(reactions, object),
        gone: (object) => reactions && gone(reactions, object),
        listed: () => reactions && listed(reactions),
      },
      log,
    );
  const pods = reflect<Pod>(
    "/api/v1/pods",
    (to, pod) => to.pod(pod),
    (to, pod) => to.podGone(pod),
    (to) => to.podsListed(),
  );
  const nodes = reflect<KubeNode>(
    "/api/v1/nodes",
    (to, node) => to.node(node),
    () => undefined,
  );
  const claims = reflect<Claim>(
    "/api/v1/persistentvolumeclaims",
    (to, claim) => to.claim(claim),
    (to, claim) => to.claimGone(claim),
  );
  const servicesChanged = (to: Reactions) => {
    to.services();
    to.names();
  };
  const services = reflect<Service>(
    "/api/v1/services",
    (to, service) => {
      to.service(service);
      servicesChanged(to);
    },
    servicesChanged,
    servicesChanged,
  );
  const slices = reflect<EndpointSlice>(
    "/apis/discovery.k8s.io/v1/endpointslices",
    (to) => to.names(),
    (to) => to.names(),
  );
  return {
    pods,
    nodes,
    services,
    slices,
    claims,
    start: async (to) => {
      reactions = to;
      // Nodes, claims and names first: the pods that are waiting already need them.
      await Promise.all([nodes.start(), claims.start(), services.start(), slices.start()]);
      await pods.start();
    },
    stop: () => [pods, nodes, services, slices, claims].forEach((reflector) => reflector.stop()),
  };
}
