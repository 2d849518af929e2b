import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { Layout } from "./layout";

/** Who talks to the API server, by the user names that the audit log shows. */
export interface Tokens {
  admin: string;
  controllerManager: string;
  nodeAgent: string;
  /** Runs Pulumi, with no right but those that `access.ts` grants. */
  runner: string;
}

/** Name of the user that runs Pulumi. */
export const RUNNER = "sandbox-runner";

const users: Record<keyof Tokens, { user: string; group: string }> = {
  admin: { user: "sandbox-admin", group: "system:masters" },
  controllerManager: { user: "system:kube-controller-manager", group: "system:authenticated" },
  nodeAgent: { user: "sandbox-node-agent", group: "system:masters" },
  runner: { user: RUNNER, group: "system:authenticated" },
};

/** Makes the service account key and the tokens, or reads those of an earlier start. */
export function prepareCredentials(layout: Layout): Tokens {
  mkdirSync(layout.certificates, { recursive: true, mode: 0o700 });
  if (!existsSync(layout.serviceAccountKey)) {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    writeFileSync(layout.serviceAccountKey, privateKey, { mode: 0o600 });
  }
  const known = existsSync(layout.tokens) ? readFileSync(layout.tokens, "utf8") : "";
  writeFileSync(layout.tokens, known + newTokens(known), { mode: 0o600 });
  return readTokens(layout);
}

/** For the users that an earlier version of the sandbox did not have. */
function newTokens(known: string): string {
  const lines = Object.values(users)
    .filter(({ user }) => !known.includes(`,${user},`))
    .map(({ user, group }) => `${randomBytes(24).toString("hex")},${user},${user},"${group}"\n`);
  return lines.join("");
}

/** The tokens of a prepared sandbox. */
export function readTokens(layout: Layout): Tokens {
  const rows = readFileSync(layout.tokens, "utf8")
    .split("\n")
    .map((line) => line.split(","));
  const token = (who: keyof Tokens): string => {
    const found = rows.find(([, name]) => name === users[who].user)?.[0];
    if (!found) throw new Error(`${layout.tokens} has no token for ${users[who].user}.`);
    return found;
  };
  return {
    admin: token("admin"),
    controllerManager: token("controllerManager"),
    nodeAgent: token("nodeAgent"),
    runner: token("runner"),
  };
}
