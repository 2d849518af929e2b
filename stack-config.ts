/** Reads and judges the stack's configuration: every mistake at once, each named with its key. */
import * as pulumi from "@pulumi/pulumi";
import type { EmqxClusterArgs } from "./components";
import { invalidValue } from "./components/judged-value";
import { releaseOf } from "./components/release";
import { shown } from "./components/shown";

/** Every key; Pulumi.yaml describes them. */
const KEYS = [
  "name",
  "namespace",
  "image",
  "imagePullPolicy",
  "replicas",
  "replicants",
  "license",
  "initialDelaySeconds",
  "connEvictRate",
  "sessEvictRate",
  "waitTakeover",
  "gate",
  "nodePort",
  "storageSize",
  "storageClass",
  "antiAffinity",
  "monitoring",
  "spec",
] as const;
type Key = (typeof KEYS)[number];

const LICENSE_HINT =
  "run `pulumi config set --secret license <key>`, or `pulumi config set license evaluation` for a trial with 25 sessions";

/** The stack's values; what was not set is undefined. */
export class StackConfig {
  private readonly config = new pulumi.Config();
  private readonly mistakes: string[] = [];

  /** Throws when there was any mistake. */
  finish(): void {
    const prefix = `${this.config.name}:`;
    for (const key of Object.keys(pulumi.runtime.allConfig())) {
      const own = key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
      if (own === undefined || (KEYS as readonly string[]).includes(own)) continue;
      this.mistake(shown(own), `no such setting; there are ${KEYS.join(", ")}`);
    }
    if (this.mistakes.length === 0) return;
    const lines = this.mistakes.map((line) => `  - ${line}`).join("\n");
    throw invalidValue(`The configuration of stack ${pulumi.getStack()} has mistakes:\n${lines}`);
  }

  text(key: Key): string | undefined {
    return this.config.get(key) || undefined;
  }

  integer(key: Key, min: number): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^-?\d+$/.test(text.trim()) && value >= min) return value;
    this.mistake(key, `expected an integer of at least ${min}, got \`${shown(text)}\``);
    return undefined;
  }

  flag(key: Key): boolean {
    const text = this.text(key) ?? "false";
    if (text !== "true" && text !== "false") {
      this.mistake(key, `expected true or false, got \`${shown(text)}\``);
    }
    return text === "true";
  }

  oneOf<T extends string>(key: Key, ...choices: T[]): T | undefined {
    const text = this.text(key);
    const found = choices.find((choice) => choice === text);
    if (text !== undefined && found === undefined) {
      this.mistake(key, `expected ${choices.join(" or ")}, got \`${shown(text)}\``);
    }
    return found;
  }

  /** Only for EMQX that asks for one. */
  license(image: string | undefined): pulumi.Output<string> | undefined {
    if (this.text("license") !== undefined) return this.config.requireSecret("license");
    if (image !== undefined && releaseOf(image).licensed) {
      this.mistake("license", `${image} needs a licence; ${LICENSE_HINT}`);
    }
    return undefined;
  }

  /** Anything else of `EmqxClusterArgs`. */
  spec(): Partial<EmqxClusterArgs> {
    const text = this.text("spec");
    if (text === undefined) return {};
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    } catch {
      // Told below, with the key.
    }
    this.mistake("spec", "expected an object; set its fields with `pulumi config set --path`");
    return {};
  }

  mistake(key: string, reason: string): void {
    this.mistakes.push(`${this.config.name}:${key}: ${reason}`);
  }
}
