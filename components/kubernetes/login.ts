import type { RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node" with { "resolution-mode": "import" };
import { LoginError } from "./failure";
import { until } from "./until";

/** Milliseconds after which a plugin that has not ended counts as stuck, and another one is started. */
const STUCK = 20_000;

/** What a request shows of its user, and the TLS that goes with it. */
export interface Identity {
  options: RequestOptions;
  /** The API server did not accept it. False when there is no other one: the kubeconfig holds it. */
  refused(): boolean;
}

interface Preparation {
  identity: Promise<Identity>;
  since: number;
}

const logins = new WeakMap<KubeConfig, Login>();

/**
 * Reads a kubeconfig's credentials anew for every request, because exec plugins and token files
 * rotate them. A plugin may take long, ask somebody to log in, or hang: nobody waits for it beyond
 * his own limit, and it is not started again for each who comes meanwhile.
 */
export class Login {
  private preparation?: Preparation;

  /** The one of a kubeconfig, for all who talk to its API server. */
  static of(config: KubeConfig): Login {
    const login = logins.get(config) ?? new Login(config);
    logins.set(config, login);
    return login;
  }

  private constructor(private config: KubeConfig) {}

  /** Rejects with a LoginError. */
  async identity(limit: AbortSignal): Promise<Identity> {
    const stuck = this.preparation && Date.now() - this.preparation.since > STUCK;
    const { identity } = (!stuck && this.preparation) || this.prepare();
    try {
      return await until(limit, identity);
    } catch (cause) {
      if (limit.aborted) throw new LoginError(new Error(LATE), true);
      throw new LoginError(cause, this.mayPass(cause));
    }
  }

  /** A plugin may find its server again; a kubeconfig stays as it is, and so does a program that is not installed. */
  private mayPass(cause: unknown): boolean {
    const isMissing = (cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
    return hasPlugin(this.config) && !isMissing;
  }

  private prepare(): Preparation {
    const { config } = this;
    const options: RequestOptions = {};
    const identity = config
      .applyToHTTPSOptions(options)
      .then(() => ({ options, refused: () => this.renew(config) }));
    const preparation = { identity, since: Date.now() };
    const over = () => {
      if (this.preparation === preparation) this.preparation = undefined;
    };
    identity.then(over, over);
    return (this.preparation = preparation);
  }

  /** client-node keeps a token until it expires; only a copy of the kubeconfig has none. */
  private renew(used: KubeConfig): boolean {
    if (!hasPlugin(used)) return false;
    // Of several who are refused at once, the first one has done it.
    if (used !== this.config) return true;
    this.config = new (used.constructor as new () => KubeConfig)();
    this.config.loadFromOptions(used);
    this.preparation = undefined;
    return true;
  }
}

/** Whether its user's credentials come from somebody else, who may give others another time. */
function hasPlugin(config: KubeConfig): boolean {
  const { exec, authProvider } = config.getCurrentUser() ?? {};
  return Boolean(exec ?? authProvider);
}

const LATE = "not done in time (the credential plugin may hang, or wait for somebody)";
