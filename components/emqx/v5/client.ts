import { EmqxError } from "../../errors";
import { BUSY_TIMEOUT, CALL_TIMEOUT, nodePath, read, refused } from "../answers";
import type {
  EmqxClient,
  EvacuationStart,
  GlobalStatus,
  License,
  LocalEvacuation,
  NodeStatus,
} from "../api";
import { nothingRunning, parseEvacuation, parseGlobalStatus } from "../evacuation-status";
import type { Answer, EmqxHttp } from "../http";
import type { Json } from "../read";
import { asCount, asObject, asString } from "../read";
import { hideValuesOf, reasonsIn } from "./rejection";
import { parseLicense, parseNode, parseView } from "./status";

/** EMQX 5 and 6. */
export class EmqxClientV5 implements EmqxClient {
  constructor(private readonly http: EmqxHttp) {}

  async node(pod: string, node: string): Promise<NodeStatus> {
    const path = `/nodes/${nodePath(node)}`;
    return read(pod, path, await this.get(pod, path), parseNode);
  }

  async view(pod: string): Promise<Record<string, "running" | "stopped">> {
    return read(pod, "/nodes", await this.get(pod, "/nodes"), parseView);
  }

  async connectedTotal(pod: string, node: string): Promise<number> {
    const path = `/nodes/${nodePath(node)}/metrics`;
    return read(pod, path, await this.get(pod, path), (body) =>
      asCount(asObject(body)?.["client.connected"]),
    );
  }

  /** Open source has none before 5.9. */
  async evacuation(pod: string): Promise<LocalEvacuation> {
    const path = "/load_rebalance/status";
    const answer = await this.get(pod, path, BUSY_TIMEOUT);
    if (answer.status === 404) return { state: "unsupported" };
    return read(pod, path, answer, parseEvacuation);
  }

  async license(pod: string): Promise<License | undefined> {
    const answer = await this.get(pod, "/license");
    if (answer.status === 404) return undefined;
    return read(pod, "/license", answer, parseLicense);
  }

  async globalStatus(pod: string): Promise<GlobalStatus> {
    const path = "/load_rebalance/global_status";
    const answer = await this.get(pod, path);
    if (answer.status === 404) return nothingRunning();
    return read(pod, path, answer, parseGlobalStatus);
  }

  async startEvacuation(pod: string, node: string, start: EvacuationStart): Promise<void> {
    const path = `/load_rebalance/${nodePath(node)}/evacuation/start`;
    const json = {
      conn_evict_rate: start.connEvictRate,
      sess_evict_rate: start.sessEvictRate,
      wait_takeover: start.waitTakeover,
      migrate_to: start.migrateTo,
    };
    // From 5.1 on the wait has to be said, since its default is 60 s; 5.0 does not know it.
    const all = { wait_health_check: start.waitHealthCheck, ...json };
    let answer = await this.http.call(pod, "POST", path, CALL_TIMEOUT, { json: all });
    if (answer.status === 400 && /unknown.*wait_health_check/s.test(answer.text)) {
      answer = await this.http.call(pod, "POST", path, CALL_TIMEOUT, { json });
    }
    this.expect(pod, `POST ${path}`, answer, "already_started");
  }

  async stopEvacuation(pod: string, node: string): Promise<void> {
    const path = `/load_rebalance/${nodePath(node)}/evacuation/stop`;
    const answer = await this.http.call(pod, "POST", path, CALL_TIMEOUT);
    this.expect(pod, `POST ${path}`, answer, "not_started");
  }

  async forceLeave(pod: string, node: string): Promise<void> {
    const path = `/cluster/${nodePath(node)}/force_leave`;
    const answer = await this.http.call(pod, "DELETE", path, CALL_TIMEOUT);
    this.expect(pod, `DELETE ${path}`, answer, "node_not_in_cluster");
  }

  async config(pod: string): Promise<Json> {
    return read(pod, "/configs", await this.get(pod, "/configs"), asObject);
  }

  /** Read-only roots are left out by EMQX (5.7 and later): they came with the pods' own file. */
  async configure(pod: string, hocon: string, mode: "merge" | "replace"): Promise<void> {
    const path = `/configs?mode=${mode}&ignore_readonly=true`;
    const hide = (text: string) => hideValuesOf(hocon, text);
    const answer = await this.http.call(pod, "PUT", path, BUSY_TIMEOUT, { text: hocon, hide });
    if (answer.status < 300) return;
    // Releases before 5.1.1 have no such call.
    const unknown = answer.status === 404 || answer.status === 405;
    if (answer.status !== 400 && !unknown) throw refused(pod, "PUT /configs", answer);
    const reasons = reasonsIn(answer.body).map(hide);
    const why = unknown
      ? `this release cannot change it while it runs (${answer.status}; 5.1.1 and later can)`
      : reasons.join("; ") || answer.text;
    throw new EmqxError(
      "EMQX_CONFIG_REJECTED",
      `EMQX in pod ${pod} does not accept the configuration: ${why.replace(/\.$/, "")}. ` +
        "No pod was touched. EMQX applies changed roots one by one, so others of this change may be in force already. " +
        "Correct `config`, or set it back, and run `pulumi up` again.",
    );
  }

  async renewLicense(pod: string, key: string): Promise<void> {
    const hide = (text: string) => text.replaceAll(key, "[hidden]");
    const body = { json: { key }, hide };
    const answer = await this.http.call(pod, "POST", "/license", BUSY_TIMEOUT, body);
    if (answer.status < 300) return;
    if (answer.status !== 400 && answer.status !== 404) throw refused(pod, "POST /license", answer);
    const message = asString(asObject(answer.body)?.message);
    const why =
      answer.status === 404
        ? "this release has no licence API (404)"
        : message !== undefined
          ? hide(message)
          : answer.text;
    throw new EmqxError(
      "EMQX_LICENSE_REJECTED",
      `EMQX in pod ${pod} does not accept the licence: ${why.replace(/\.$/, "")}. ` +
        "The licence from before stays in force and no pod was touched. Correct `license` and run `pulumi up` again.",
    );
  }

  private get(pod: string, path: string, timeoutMs = CALL_TIMEOUT): Promise<Answer> {
    return this.http.call(pod, "GET", path, timeoutMs);
  }

  private expect(pod: string, what: string, answer: Answer, alsoFine: string): void {
    if (answer.status < 300) return;
    const message = asString(asObject(answer.body)?.message) ?? "";
    if (answer.status === 400 && message.includes(alsoFine)) return;
    throw refused(pod, what, answer);
  }
}
