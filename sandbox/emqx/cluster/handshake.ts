import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { NodeMessage } from "./frames";

/** Who a node says it is when it connects to another. */
export interface Introduction {
  name: string;
  /** The address that it binds, so that the other side needs no name service to call back. */
  address: string;
  /** Differs for each start of a node. */
  instance: string;
}

/** Proves knowledge of the cookie for one challenge. */
export function answerChallenge(cookie: string, challenge: string): string {
  return createHmac("sha256", cookie).update(challenge).digest("hex");
}

export function answerIsRight(cookie: string, challenge: string, answer: unknown): boolean {
  const expected = Buffer.from(answerChallenge(cookie, challenge));
  const got = Buffer.from(String(answer));
  return got.length === expected.length && timingSafeEqual(got, expected);
}

export function newChallenge(): string {
  return randomBytes(16).toString("hex");
}

/** The dialling side's part of the handshake; each message of the acceptor gets an answer. */
export class DialerHandshake {
  private readonly challenge = newChallenge();

  constructor(
    private readonly self: Introduction,
    private readonly target: string,
    private readonly cookie: string,
  ) {}

  first(): NodeMessage {
    return ["hello", this.self, this.target, this.challenge];
  }

  /** The answer to `challenge`; undefined when the acceptor doesn't know our cookie. */
  next(message: NodeMessage): NodeMessage | undefined {
    const [kind, challenge, proof] = message;
    if (kind !== "challenge" || !answerIsRight(this.cookie, this.challenge, proof))
      return undefined;
    return ["proof", answerChallenge(this.cookie, String(challenge))];
  }
}

/** The accepting side's part. */
export class AcceptorHandshake {
  private readonly challenge = newChallenge();
  introduction: Introduction | undefined;
  accepted = false;

  constructor(
    private readonly self: string,
    private readonly cookie: string,
  ) {}

  /** The answer to the dialler's message; undefined refuses the connection. */
  next(message: NodeMessage): NodeMessage | undefined {
    const [kind, first, target, challenge] = message;
    if (kind === "hello" && target === this.self) {
      this.introduction = first as Introduction;
      return ["challenge", this.challenge, answerChallenge(this.cookie, String(challenge))];
    }
    if (kind === "proof" && answerIsRight(this.cookie, this.challenge, first)) {
      this.accepted = true;
      return ["welcome"];
    }
    return undefined;
  }
}
