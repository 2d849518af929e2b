import type { Images } from "../image/images";
import type { KubeClient } from "../kube/client";
import type { EventRecorder } from "../kube/events";
import type { Addresses } from "../network/addresses";
import type { Hosts } from "../node/hosts";
import type { AgentOptions } from "../options";
import type { Claims } from "../volume/claims";

/** What the workers of one node share. */
export interface NodeContext {
  client: KubeClient;
  events: EventRecorder;
  images: Images;
  addresses: Addresses;
  claims: Claims;
  hosts: Hosts;
  /** Path of the hosts file. */
  hostsFile: string;
  options: AgentOptions;
  log(line: string): void;
}
