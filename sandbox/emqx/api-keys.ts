import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { log } from "./log";

/** One API key without its secret. */
export interface ApiKeyRow {
  secretHash: string;
  role: string;
}

const ROLES = ["administrator", "viewer", "publisher"];

/** The API keys of the cluster. */
export class ApiKeys {
  private readonly rows = new Map<string, ApiKeyRow>();

  /** Loads the bootstrap file as EMQX does: an existing key is replaced, a bad line ends the loading. */
  load(path: string): [string, ApiKeyRow][] {
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      log("error", `msg: failed_to_open_the_bootstrap_file, reason: ${(error as Error).message}`);
      return [];
    }
    const added: [string, ApiKeyRow][] = [];
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (line.trim() === "") continue;
      const [key, secret, role = "administrator"] = line.trim().split(":");
      if (!key || !secret || !ROLES.includes(role)) {
        log("error", `msg: failed_to_load_bootstrap_file, line: ${index + 1}, reason: bad format`);
        break;
      }
      added.push([key, { secretHash: hash(secret), role }]);
    }
    this.merge(added);
    return added;
  }

  merge(rows: [string, ApiKeyRow][]): void {
    for (const [key, row] of rows) this.rows.set(key, row);
  }

  list(): [string, ApiKeyRow][] {
    return [...this.rows];
  }

  /** The key's role; undefined when key or secret are wrong. */
  check(key: string, secret: string): string | undefined {
    const row = this.rows.get(key);
    if (!row) return undefined;
    const same = timingSafeEqual(Buffer.from(row.secretHash), Buffer.from(hash(secret)));
    return same ? row.role : undefined;
  }
}

/** Tokens of dashboard logins, valid on every node for an hour. */
export class Tokens {
  private readonly expiry = new Map<string, number>();

  create(): [token: string, expiresAt: number] {
    const token = randomBytes(32).toString("hex");
    const expiresAt = Date.now() + 3_600_000;
    this.expiry.set(token, expiresAt);
    return [token, expiresAt];
  }

  learn(token: string, expiresAt: number): void {
    if (expiresAt === 0) this.expiry.delete(token);
    else this.expiry.set(token, expiresAt);
  }

  isValid(token: string): boolean {
    return (this.expiry.get(token) ?? 0) > Date.now();
  }
}

function hash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
