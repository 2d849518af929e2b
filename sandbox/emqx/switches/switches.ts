import type { RestRequest } from "../rest/http";
import { faultsOf, type Fault } from "../settings/faults";
import { ActiveAnswer, type AnswerSwitch } from "./answers";

/** What `PUT /sandbox/faults` takes; what is absent is off. */
export interface SwitchSettings {
  /** As in `SANDBOX_EMQX_FAULTS`, whose list it replaces. */
  faults?: Fault[];
  answers?: AnswerSwitch[];
  /** Days by which the clock that licences are judged by is ahead. */
  licenseDays?: number;
  /** Names of cores that the cluster lists as stopped until they are forced to leave. */
  stoppedNodes?: string[];
}

const KEYS: readonly string[] = ["faults", "answers", "licenseDays", "stoppedNodes"];

const DAY = 86_400_000;

/** One node's faults, which may change while it runs. */
export class Switches {
  private faults: ReadonlySet<Fault>;
  private answers: ActiveAnswer[] = [];
  private settings: SwitchSettings;

  /** `stoppedNodes` is told which names appear and which go. */
  constructor(
    initial: ReadonlySet<Fault>,
    private readonly stoppedNodes: (names: string[], before: string[]) => void,
  ) {
    this.faults = initial;
    this.settings = { faults: [...initial] };
  }

  get current(): SwitchSettings {
    return this.settings;
  }

  has(fault: Fault): boolean {
    return this.faults.has(fault);
  }

  /** The time that licences are judged by. */
  licenseTime(): number {
    return Date.now() + (this.settings.licenseDays ?? 0) * DAY;
  }

  /** The switch that spoils this request. */
  answerFor(request: RestRequest): ActiveAnswer | undefined {
    const now = Date.now();
    return this.answers.find((answer) => answer.takes(request, now));
  }

  /** Throws when it isn't understood, so that a typing error is no fault that does nothing. */
  set(body: unknown): void {
    if (typeof body !== "object" || body === null || Array.isArray(body)) {
      throw new Error(`expected an object with ${KEYS.join(", ")}`);
    }
    const unknown = Object.keys(body).filter((key) => !KEYS.includes(key));
    if (unknown.length > 0) throw new Error(`expected ${KEYS.join(", ")}, got ${unknown.join()}`);
    const settings = body as SwitchSettings;
    this.faults = faultsOf(settings.faults ?? []);
    const now = Date.now();
    this.answers = (settings.answers ?? []).map((answer) => new ActiveAnswer(answer, now));
    this.stoppedNodes(settings.stoppedNodes ?? [], this.settings.stoppedNodes ?? []);
    this.settings = settings;
  }
}
