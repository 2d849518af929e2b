import { EmqxError } from "../errors";
import type { Evacuation } from "../rollout/types";
import type { Answer, EmqxHttp } from "./http";
import type { Json } from "./read";
import { asArray, asCount, asObject, asString } from "./read";
import type { NodeStatus } from "./status";
import { parseEvacuation, parseLicense, parseNode, parseView } from "./status";

/** Milliseconds for a call that a healthy node answers at once. */
const CALL_TIMEOUT = 3_000;
/** A node that moves a batch of sessions answers these only after the batch: 14 s were seen. */
const BUSY_TIMEOUT = 15_000;

export interface EvacuationStart {
  connEvictRate: number;
  sessEvictRate: number;
  waitTakeover: number;
  waitHealthCheck: number;
  migrateTo: string[];
}

/** Progress of evacuations for the user's outputs, as EMQX words it. */
export interface GlobalStatus {
  evacuations: Json[];
  purges: Json[];
  rebalances: Json[];
}

/**
 * EMQX 5 and 6. Every call goes to the pod that it is about: on real nodes one hung host makes
 * cluster-wide calls take 30 s and more.
 */
export class EmqxClient {
  constructor(private readonly http: EmqxHttp) {}

  async node(pod: string, node: string): Promise<NodeStatus> {
    const path = `/nodes/${nodePath(node)}`;
    return read(pod, path, await this.get(pod, path), parseNode);
  }

  /** How this node sees the cluster. */
  async view(pod: string): Promise<Record<string, "running" | "stopped">> {
    return read(pod, "/nodes", await this.get(pod, "/nodes"), parseView);
  }

  /** Total number of clients that ever connected to this node. */
  async connectedTotal(pod: string, node: string): Promise<number> {
    const path = `/nodes/${nodePath(node)}/metrics`;
    return read(pod, path, await this.get(pod, path), (body) =>
      asCount(asObject(body)?.["client.connected"]),
    );
  }

  /** Undefined when this EMQX has no evacuation API (open source before 5.9). */
  async evacuation(pod: string): Promise<Evacuation | undefined> {
    const path = "/load_rebalance/status";
    const answer = await this.get(pod, path, BUSY_TIMEOUT);
    if (answer.status === 404) return undefined;
    return read(pod, path, answer, parseEvacuation);
  }

  /** Whether connections are being evicted or refused; answered even while a batch of sessions is moved. */
  async evicting(pod: string): Promise<boolean> {
    const path = "/node_eviction/status";
    return read(pod, path, await this.get(pod, path), (body) => {
      const status = asObject(body)?.status;
      return status === "enabled" ? true : status === "disabled" ? false : undefined;
    });
  }

  /** Undefined when this EMQX has no licence API. */
  async license(pod: string): Promise<ReturnType<typeof parseLicense>> {
    const answer = await this.get(pod, "/license");
    if (answer.status === 404) return undefined;
    return read(pod, "/license", answer, parseLicense);
  }

  /** For outputs and preflight only: it leaves out nodes that are busy (emqx-api.md, trap 7). */
  async globalStatus(pod: string): Promise<GlobalStatus> {
    const path = "/load_rebalance/global_status";
    return read(pod, path, await this.get(pod, path), (body) => {
      const fields = asObject(body);
      if (!fields) return undefined;
      const objects = (value: unknown) =>
        (asArray(value) ?? []).map(asObject).filter((each): each is Json => each !== undefined);
      return {
        evacuations: objects(fields.evacuations),
        purges: objects(fields.purges),
        rebalances: objects(fields.rebalances),
      };
    });
  }

  /** One that runs already is fine; whether a silent one was started shows the next observation. */
  async startEvacuation(pod: string, node: string, start: EvacuationStart): Promise<void> {
    const path = `/load_rebalance/${nodePath(node)}/evacuation/start`;
    const answer = await this.http.call(pod, "POST", path, CALL_TIMEOUT, {
      wait_health_check: start.waitHealthCheck,
      conn_evict_rate: start.connEvictRate,
      sess_evict_rate: start.sessEvictRate,
      wait_takeover: start.waitTakeover,
      migrate_to: start.migrateTo,
    });
    this.expect(pod, `POST ${path}`, answer, "already_started");
  }

  /** One that does not run is fine. */
  async stopEvacuation(pod: string, node: string): Promise<void> {
    const path = `/load_rebalance/${nodePath(node)}/evacuation/stop`;
    const answer = await this.http.call(pod, "POST", path, CALL_TIMEOUT);
    this.expect(pod, `POST ${path}`, answer, "not_started");
  }

  /** Removes a stopped node from the cluster; one that is no member is fine. */
  async forceLeave(pod: string, node: string): Promise<void> {
    const path = `/cluster/${nodePath(node)}/force_leave`;
    const answer = await this.http.call(pod, "DELETE", path, CALL_TIMEOUT);
    this.expect(pod, `DELETE ${path}`, answer, "node_not_in_cluster");
  }

  private get(pod: string, path: string, timeoutMs = CALL_TIMEOUT): Promise<Answer> {
    return this.http.call(pod, "GET", path, timeoutMs);
  }

  private expect(pod: string, what: string, answer: Answer, alsoFine: string): void {
    if (answer.status < 300) return;
    const message = asString(asObject(answer.body)?.message) ?? "";
    if (answer.status === 400 && message.includes(alsoFine)) return;
    // 500 and 503 are EMQX's own RPC timeouts: the call may have taken effect (trap 15).
    const code = answer.status >= 500 ? "EMQX_API_UNREACHABLE" : "EMQX_API_ERROR";
    throw new EmqxError(
      code,
      `EMQX in pod ${pod} answered ${what} with ${answer.status} ${answer.text}`,
    );
  }
}

const nodePath = (node: string): string => encodeURIComponent(node).replace("%40", "@");

/** A body that is not what EMQX sends counts as no answer. */
function read<T>(
  pod: string,
  path: string,
  answer: Answer,
  parse: (body: unknown) => T | undefined,
): T {
  const value = answer.status === 200 ? parse(answer.body) : undefined;
  if (value !== undefined) return value;
  throw new EmqxError(
    answer.status >= 400 && answer.status < 500 ? "EMQX_API_ERROR" : "EMQX_API_UNREACHABLE",
    `Expected an answer of EMQX in pod ${pod} to GET ${path}, got ${answer.status} ${JSON.stringify(answer.text.slice(0, 120))}`,
  );
}
