import type { SandboxStatus } from "./status";

/** What `npm run sandbox` understands. */
export const usage = `Usage: npm run sandbox -- <command>

  up [--port N]    start the sandbox (build what is missing first); N is the API server's port
  down [--purge]   end it; --purge removes its folder too
  status           show its parts; exit code 1 when one has ended
  kubeconfig       print its cluster-admin kubeconfig
  env              print \`export\` lines for plain pulumi and kubectl

SANDBOX_DIR names the sandbox's folder (default .sandbox), PULUMI_EMQX_CACHE where built
programs are kept (default ~/.cache/pulumi-emqx). See docs/sandbox.md.`;

/** `export` lines for sh, bash and zsh. */
export function shellExports(env: Record<string, string>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}=${quote(value)}`)
    .join("\n");
}

/** The table of `sandbox status`. */
export function formatStatus({ dir, phase, server, components }: SandboxStatus): string {
  const head = `${dir}: ${phase}${server === "" ? "" : `, ${server}`}`;
  if (components.length === 0) return head;
  const rows = [
    ["PART", "STATE", "PID", "PORTS", "LOG"],
    ...components.map(({ name, pid, ports, alive, log }) => [
      name,
      alive ? "alive" : "ended",
      String(pid),
      ports.join(",") || "-",
      log,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  "));
  return [head, ...lines].join("\n");
}

function quote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
