import { EmqxError } from "../../errors";
import { BUSY_TIMEOUT, CALL_TIMEOUT, nodePath, read, refused } from "../answers";
import type {
  EmqxClient,
  EvacuationStart,
  GlobalStatus,
  LocalEvacuation,
  NodeStatus,
} from "../api";
import { nothingRunning, parseEvacuation, parseGlobalStatus } from "../evacuation-status";
import type { Answer, EmqxHttp } from "../http";
import { asCount, asObject } from "../read";
import { parseNode, parseView, unwrap } from "./status";

/** EMQX Enterprise 4.4 (facts/emqx-api.md, section 7). */
export class EmqxClientV4 implements EmqxClient {
  constructor(private readonly http: EmqxHttp) {}

  async node(pod: string, node: string): Promise<NodeStatus> {
    const path = `/nodes/${nodePath(node)}`;
    const about = await this.get(pod, path);
    const statistics = await this.get(pod, `${path}/stats`);
    return read(pod, path, about, (body) => parseNode(body, statistics.body));
  }

  async view(pod: string): Promise<Record<string, "running" | "stopped">> {
    return read(pod, "/nodes", await this.get(pod, "/nodes"), parseView);
  }

  async connectedTotal(pod: string, node: string): Promise<number> {
    const path = `/nodes/${nodePath(node)}/metrics`;
    return read(pod, path, await this.get(pod, path), (body) =>
      asCount(asObject(unwrap(body))?.["client.connected"]),
    );
  }

  /** Needs 4.4.12. */
  async evacuation(pod: string): Promise<LocalEvacuation> {
    const path = "/load_rebalance/status";
    const answer = await this.get(pod, path, BUSY_TIMEOUT);
    if (answer.status === 404) return { state: "unsupported" };
    return read(pod, path, answer, (body) => parseEvacuation(unwrap(body)));
  }

  /** 4.4 has no licence API; the nodes read a file when they start. */
  async license(): Promise<undefined> {
    return undefined;
  }

  async globalStatus(pod: string): Promise<GlobalStatus> {
    const path = "/load_rebalance/global_status";
    const answer = await this.get(pod, path);
    if (answer.status === 404) return nothingRunning();
    return read(pod, path, answer, (body) => parseGlobalStatus(unwrap(body)));
  }

  /** `wait_health_check` is not sent: only the last releases know it. */
  async startEvacuation(pod: string, node: string, start: EvacuationStart): Promise<void> {
    const path = `/load_rebalance/${nodePath(node)}/evacuation/start`;
    const answer = await this.http.call(pod, "POST", path, CALL_TIMEOUT, {
      json: {
        conn_evict_rate: start.connEvictRate,
        sess_evict_rate: start.sessEvictRate,
        wait_takeover: start.waitTakeover,
        migrate_to: start.migrateTo,
      },
    });
    this.expect(pod, `POST ${path}`, answer, "already_started");
  }

  async stopEvacuation(pod: string, node: string): Promise<void> {
    const path = `/load_rebalance/${nodePath(node)}/evacuation/stop`;
    const answer = await this.http.call(pod, "POST", path, CALL_TIMEOUT);
    this.expect(pod, `POST ${path}`, answer, "not_started");
  }

  /** There is no such call: EMQX forgets a stopped node itself after `cluster.autoclean`. */
  async forceLeave(): Promise<void> {}

  async config(): Promise<undefined> {
    return undefined;
  }

  async configure(pod: string): Promise<never> {
    throw onlyAtStart(pod, "configuration");
  }

  async renewLicense(pod: string): Promise<never> {
    throw onlyAtStart(pod, "licence");
  }

  private get(pod: string, path: string, timeoutMs = CALL_TIMEOUT): Promise<Answer> {
    return this.http.call(pod, "GET", path, timeoutMs);
  }

  /** What a refusal looks like differs between releases, so the word is looked for anywhere in it. */
  private expect(pod: string, what: string, answer: Answer, alsoFine: string): void {
    const code = asObject(answer.body)?.code;
    const fine = answer.status < 300 && (code === undefined || code === 0);
    if (fine || (answer.status < 500 && answer.text.includes(alsoFine))) return;
    throw refused(pod, what, answer);
  }
}

const onlyAtStart = (pod: string, what: string): EmqxError =>
  new EmqxError(
    "EMQX_API_ERROR",
    `Expected EMQX in pod ${pod} to take a ${what} while it runs, but 4.4 reads it only when it starts. ` +
      "Nothing was changed; such a change needs new pods.",
  );
