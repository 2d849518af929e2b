import type { Evacuation } from "../rollout/types";
import type { EmqxClient, NodeStatus } from "./api";
import { Question } from "./question";

/** What a node says about itself; a part that is missing was not answered in time. */
export interface NodeAnswers {
  status: NodeStatus;
  connectedTotal?: number;
  evacuation?: Evacuation;
  view?: Record<string, "running" | "stopped">;
}

/** Milliseconds between two looks at a node's view of the cluster: it asks every other node. */
const VIEW_TTL = 1_000;

/**
 * Asks one node, in one pod, about itself. In good health the questions share one connection, one
 * after the other; a question that hangs keeps its connection and the others get another.
 */
export class Probe {
  private readonly status: Question<NodeStatus>;
  private readonly connected: Question<number>;
  private readonly evacuation: Question<Evacuation>;
  private readonly view: Question<Record<string, "running" | "stopped">>;

  constructor(client: EmqxClient, pod: string, node: string) {
    this.status = new Question(() => client.node(pod, node), { ttlMs: 0, patient: true });
    this.connected = new Question(() => client.connectedTotal(pod, node), {
      ttlMs: 0,
      patient: true,
    });
    this.evacuation = new Question(() => client.evacuation(pod), { ttlMs: 0, patient: false });
    this.view = new Question(() => client.view(pod), { ttlMs: VIEW_TTL, patient: false });
  }

  /** Rejects with why the node does not answer; undefined when it is silent. */
  async ask(): Promise<NodeAnswers | undefined> {
    const status = await this.status.answer();
    if (!status) return undefined;
    return {
      status,
      connectedTotal: await optional(this.connected.answer()),
      evacuation: (await optional(this.evacuation.answer())) ?? { state: "unknown" },
      view: await optional(this.view.answer()),
    };
  }
}

const optional = <T>(answer: Promise<T | undefined>): Promise<T | undefined> =>
  answer.catch(() => undefined);
