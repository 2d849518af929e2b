import type { EmqxClient, LocalEvacuation, NodeStatus } from "./api";
import { Question, SHORT_PATIENCE } from "./question";

/** What a node says about itself; a part that is missing was not answered in time. */
export interface NodeAnswers {
  status: NodeStatus;
  connectedTotal?: number;
  evacuation?: LocalEvacuation;
  view?: Record<string, "running" | "stopped">;
  /** Why the state of its evacuation is not known, or is none of ours. */
  trouble?: string;
}

/** Milliseconds between two looks at a node's view of the cluster: it asks every other node. */
const VIEW_TTL = 1_000;
/** Milliseconds for which a node must deny to know evacuation before it is believed, where its release tells nothing. */
const DENIAL = 10_000;

/**
 * Asks one node, in one pod, about itself. In good health the questions share one connection, one
 * after the other; a question that hangs keeps its connection and the others get another.
 */
export class Probe {
  private readonly status: Question<NodeStatus>;
  private readonly connected: Question<number>;
  private readonly evacuation: Question<LocalEvacuation>;
  private readonly view: Question<Record<string, "running" | "stopped">>;
  private deniedSince?: number;

  constructor(
    client: EmqxClient,
    pod: string,
    node: string,
    private readonly now: () => number = Date.now,
  ) {
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
    const began = Date.now();
    const status = await this.status.answer();
    if (!status) return undefined;
    const isSlow = Date.now() - began > SHORT_PATIENCE;
    const questions = [
      () => optional(this.connected.answer()),
      () => this.askEvacuation(status),
      () => optional(this.view.answer()),
    ] as const;
    const [connectedTotal, evacuation, view] = isSlow
      ? await Promise.all([questions[0](), questions[1](), questions[2]()])
      : [await questions[0](), await questions[1](), await questions[2]()];
    return { status, connectedTotal, ...evacuation, view };
  }

  private async askEvacuation(
    status: NodeStatus,
  ): Promise<Pick<NodeAnswers, "evacuation" | "trouble">> {
    const unknown = (trouble: string) => ({ evacuation: { state: "unknown" } as const, trouble });
    let evacuation: LocalEvacuation | undefined;
    try {
      evacuation = await this.evacuation.answer();
    } catch (error) {
      return unknown(error instanceof Error ? error.message : String(error));
    }
    if (!evacuation) {
      return unknown(
        "EMQX does not say in time whether it evacuates; it does not while it moves sessions or waits for another node",
      );
    }
    const denied = evacuation.state === "unsupported";
    this.deniedSince = denied ? (this.deniedSince ?? this.now()) : undefined;
    if (this.deniedSince !== undefined && !this.believes(status, this.deniedSince)) {
      return unknown(doubt(status));
    }
    if (evacuation.process === undefined) return { evacuation };
    return {
      evacuation,
      trouble: `a ${evacuation.process} runs on it: wait for its end or stop it in the dashboard`,
    };
  }

  /**
   * What has no evacuation loses its clients with its pod, so a 404 alone is not believed: open
   * source before 5.9 and the first enterprise releases of 4.4 and 5.0 have none, later ones of 4.4
   * only with plugins that may be missing, every other release has, and one that is not told may have.
   */
  private believes({ edition, version }: NodeStatus, since: number): boolean {
    const numbers = numbersOf(version);
    if (!numbers) return false;
    if (edition?.toLowerCase() === "opensource") return true;
    const [major = 0, minor = 0, patch = 0] = numbers;
    if (major === 5) return minor === 0 && patch < 4;
    return major < 5 && (patch < 12 || this.now() - since >= DENIAL);
  }
}

/** `5.8.6`, `4.4.24-rc.1`; undefined when a number is missing, for it could be any. */
function numbersOf(version = ""): number[] | undefined {
  return /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
}

const doubt = ({ version }: NodeStatus): string =>
  numbersOf(version)
    ? `EMQX ${version} answers 404 to /load_rebalance/status, which this release should have`
    : `EMQX answers 404 to /load_rebalance/status, and its version ${JSON.stringify(version ?? "")} does not tell whether it should`;

const optional = <T>(answer: Promise<T | undefined>): Promise<T | undefined> =>
  answer.catch(() => undefined);
