import { repositoryRoot } from "../toolchain/repository";
import { parseDemoArguments, usage, UsageError, type DemoOptions } from "./arguments";
import { runDemo } from "./demo";
import { Screen } from "./screen";

async function main(): Promise<number> {
  let options: DemoOptions;
  try {
    options = parseDemoArguments(process.argv.slice(2), repositoryRoot());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\nOptions come after \`npm run demo --\`.\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const screen = new Screen();
  const interrupt = new AbortController();
  const stop = (): void => {
    if (interrupt.signal.aborted) return;
    screen.line("\nInterrupted: ending everything that was started ...");
    interrupt.abort();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    return (await runDemo(options, screen, interrupt.signal)) ? 0 : 1;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    screen.line(`\n${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
