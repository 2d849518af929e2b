import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  pulumi,
  startPulumi,
  type PulumiOptions,
  type PulumiResult,
  type PulumiRun,
} from "./pulumi-cli";

export interface StackOptions extends Omit<PulumiOptions, "onLine" | "input"> {
  /** Name of the stack. */
  name: string;
  /** Where its settings are kept instead of `Pulumi.<name>.yaml` in the project. */
  configFile: string;
  /** Settings to begin with, in the format of that file and without secrets. */
  settings?: string;
  /** Each command, as a person would type it. */
  onCommand?: (command: string) => void;
  onLine?: (line: string) => void;
}

/** One stack of a Pulumi project, driven by the real CLI. */
export class Stack {
  constructor(private readonly options: StackOptions) {}

  async init(): Promise<void> {
    const { name, cwd, configFile, settings = "" } = this.options;
    mkdirSync(dirname(configFile), { recursive: true });
    // `stack init` writes its encryption salt beside Pulumi.yaml whatever else is asked of it, and
    // somebody may have settings of that name there.
    const written = join(cwd, `Pulumi.${name}.yaml`);
    const before = existsSync(written) ? readFileSync(written) : undefined;
    await this.run(["stack", "init", name], { shown: true, withStack: false });
    if (written === configFile || !existsSync(written)) return;
    const salt = /^encryptionsalt: .*$/m.exec(readFileSync(written, "utf8"))?.[0] ?? "";
    writeFileSync(configFile, [salt, settings].filter((text) => text !== "").join("\n"));
    if (before) writeFileSync(written, before);
    else rmSync(written);
  }

  async set(key: string, value: string): Promise<void> {
    await this.run(["config", "set", key, value], { shown: true, withConfig: true });
  }

  /** The value goes through stdin, so that no process list shows it. */
  async setSecret(key: string, value: string): Promise<void> {
    await this.run(["config", "set", "--secret", key], {
      shown: true,
      withConfig: true,
      input: value,
    });
  }

  preview(args: string[] = []): Promise<PulumiResult> {
    return this.run(["preview", ...args], { shown: true, withConfig: true, loud: true });
  }

  /** `pulumi up --yes`; throws when it fails. */
  up(args: string[] = []): Promise<PulumiResult> {
    return this.run(["up", "--yes", ...args], { shown: true, withConfig: true, loud: true });
  }

  /** `pulumi up --yes` that may fail or be killed. */
  startUp(args: string[] = []): PulumiRun {
    return this.start(["up", "--yes", ...args]);
  }

  /** `pulumi refresh --yes`; throws when it fails. */
  refresh(args: string[] = []): Promise<PulumiResult> {
    return this.run(["refresh", "--yes", ...args], { shown: true, withConfig: true, loud: true });
  }

  destroy(args: string[] = []): Promise<PulumiResult> {
    return this.run(["destroy", "--yes", ...args], { shown: true, withConfig: true, loud: true });
  }

  /** Any other command that takes `--stack` and `--config-file`, for example `refresh --yes`. */
  start(args: string[]): PulumiRun {
    this.options.onCommand?.(["pulumi", ...args].join(" "));
    return startPulumi([...args, ...this.flags(true, true)], this.processOptions(true));
  }

  /** Removes the lock that a killed command has left behind. */
  cancel(): Promise<PulumiResult> {
    return this.run(["cancel", "--yes"], { shown: true });
  }

  /** Writes the whole state to a file, as `pulumi stack import` takes it. */
  async exportState(file: string): Promise<void> {
    await this.run(["stack", "export", "--file", file], { shown: true });
  }

  async importState(file: string): Promise<void> {
    await this.run(["stack", "import", "--force", "--file", file], { shown: true });
  }

  async outputs(): Promise<Record<string, unknown>> {
    const { output } = await this.run(["stack", "output", "--json"]);
    return JSON.parse(output) as Record<string, unknown>;
  }

  /** The stack's state as Pulumi keeps it, secrets encrypted. */
  async export(): Promise<string> {
    return (await this.run(["stack", "export"])).output;
  }

  /** Forgets the stack and its settings; its resources have to be destroyed before. */
  async remove(): Promise<void> {
    await this.run(["stack", "rm", "--yes", "--preserve-config"], { shown: true });
    rmSync(this.options.configFile, { force: true });
  }

  /** Forgets a stack left behind by a run that was killed, without touching a cluster. */
  async forget(): Promise<void> {
    const args = [
      "stack",
      "rm",
      "--yes",
      "--force",
      "--preserve-config",
      ...this.flags(true, false),
    ];
    await startPulumi(args, this.processOptions(false)).result;
    rmSync(this.options.configFile, { force: true });
  }

  private run(
    args: string[],
    how: {
      shown?: boolean;
      withStack?: boolean;
      withConfig?: boolean;
      loud?: boolean;
      input?: string;
    } = {},
  ): Promise<PulumiResult> {
    if (how.shown) this.options.onCommand?.(["pulumi", ...args].join(" "));
    const flags = this.flags(how.withStack ?? true, how.withConfig ?? false);
    const processOptions = this.processOptions(how.loud ?? false);
    return pulumi([...args, ...flags], { ...processOptions, input: how.input });
  }

  private flags(withStack: boolean, withConfig: boolean): string[] {
    const { name, configFile } = this.options;
    return [
      ...(withStack ? ["--stack", name] : []),
      ...(withConfig ? ["--config-file", configFile] : []),
    ];
  }

  private processOptions(loud: boolean): PulumiOptions {
    const { cwd, env, onLine, signal } = this.options;
    return { cwd, env, signal, ...(loud && { onLine }) };
  }
}
