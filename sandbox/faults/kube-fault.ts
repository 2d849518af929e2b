/** What a `KubeProxy` does wrong on order. */

/** Which requests a fault strikes; a part that is left out matches every request. */
export interface Matching {
  /** `GET`, `POST`, `PUT`, `PATCH`, `DELETE`. */
  method?: RegExp;
  /** Path with its query, such as `/apis/apps/v1/namespaces/default/statefulsets?limit=500`. */
  path?: RegExp;
  /** User agent: the rollout's is `pulumi-emqx/...`, the Kubernetes plugin's `pulumi-kubernetes/...`. */
  agent?: RegExp;
}

/** What happens to a request that is struck. */
export type Effect =
  /** The proxy answers with this status; the API server never hears of the request. */
  | { kind: "answer"; status: number; retryAfter?: number; reason?: string; message?: string }
  /** It goes through, later. */
  | { kind: "delay"; milliseconds: number }
  /** It is never answered; the API server never hears of it. */
  | { kind: "hang" }
  /** It goes through, and its answer is kept back for ever. */
  | { kind: "swallow" }
  /** The connection ends before the API server hears of it. */
  | { kind: "cut-before" }
  /** The API server has answered, the connection ends before a byte of it arrives. */
  | { kind: "cut-after" }
  /** The connection ends in the middle of the answer's body; an upgraded one after `milliseconds`. */
  | { kind: "cut-within"; milliseconds?: number };

export interface KubeFault extends Matching {
  effect: Effect;
  /** Requests that it strikes. Default all. */
  times?: number;
  /** Requests that match and pass before it strikes. Default none. */
  skip?: number;
}

/** A request as the proxy has seen it. */
export interface SeenRequest {
  /** When it came, in milliseconds since 1970. */
  at: number;
  method: string;
  path: string;
  agent: string;
  /** Status that was answered; undefined as long as there is none, and when it was cut. */
  status?: number;
  /** What was done to it. */
  struck?: Effect["kind"];
}

/** A fault in force. */
export class Rule {
  /** Requests that it has struck. */
  struck = 0;
  private passed = 0;

  constructor(readonly fault: KubeFault) {}

  /** Whether it strikes this request, which it then counts. */
  strikes({ method, path, agent }: Pick<SeenRequest, "method" | "path" | "agent">): boolean {
    const { fault } = this;
    const matches =
      (fault.method?.test(method) ?? true) &&
      (fault.path?.test(path) ?? true) &&
      (fault.agent?.test(agent) ?? true);
    if (!matches || this.struck >= (fault.times ?? Infinity)) return false;
    if (this.passed < (fault.skip ?? 0)) {
      this.passed += 1;
      return false;
    }
    this.struck += 1;
    return true;
  }
}
