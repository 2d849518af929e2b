/** Writes one line to the container's log, shaped as EMQX's console handler writes it. */
export function log(level: "info" | "warning" | "error", text: string): void {
  process.stdout.write(`${new Date().toISOString()} [${level}] ${text}\n`);
}
