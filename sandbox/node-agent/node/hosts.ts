import type { KubeNode, Pod, Taint, Toleration } from "../kube/types";

/** Annotation on a Node that makes its host hang, as one whose kernel stands still: `"true"`. */
export const HUNG_ANNOTATION = "sandbox.pulumi-emqx/hung";

/** The agent's nodes are Ready when they are registered, whether or not a controller has noticed. */
const IGNORED_TAINT = "node.kubernetes.io/not-ready";

/** What people and controllers have done to the nodes: cordons, taints, and hosts that hang. */
export class Hosts {
  private readonly nodes = new Map<string, KubeNode>();
  private readonly hung = new Set<string>();
  private sleepers: (() => void)[] = [];

  /** Told when a host begins to hang and when it runs again. */
  constructor(private readonly changed: (node: string, hung: boolean) => void) {}

  update(node: KubeNode): void {
    const { name, annotations } = node.metadata;
    this.nodes.set(name, node);
    const hangs = annotations?.[HUNG_ANNOTATION] === "true";
    if (hangs === this.hung.has(name)) return;
    if (hangs) this.hung.add(name);
    else this.hung.delete(name);
    this.changed(name, hangs);
    if (hangs) return;
    const { sleepers } = this;
    this.sleepers = [];
    for (const wake of sleepers) wake();
  }

  isHung(node: string | undefined): boolean {
    return node !== undefined && this.hung.has(node);
  }

  /** Resolves when the host does not hang, at once for most. */
  async awake(node: string | undefined): Promise<void> {
    while (this.isHung(node)) await new Promise<void>((wake) => this.sleepers.push(wake));
  }

  /** Why no new pod may go to a node, in kube-scheduler's words. */
  refusal(node: string, pod: Pod): string | undefined {
    const { unschedulable, taints = [] } = this.nodes.get(node)?.spec ?? {};
    if (unschedulable) return "node(s) were unschedulable";
    const repels = taints.some(
      (taint) =>
        taint.effect !== "PreferNoSchedule" &&
        taint.key !== IGNORED_TAINT &&
        !pod.spec.tolerations?.some((toleration) => tolerates(toleration, taint)),
    );
    return repels ? "node(s) had untolerated taint(s)" : undefined;
  }
}

function tolerates({ key, operator, value, effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (!key) return operator === "Exists";
  return key === taint.key && (operator === "Exists" || (value ?? "") === (taint.value ?? ""));
}
