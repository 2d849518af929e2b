import type { Report } from "../measure/report";
import { thousands } from "./scale";

/** The figures that people look at first, as label and value. */
export function summaryRows(report: Report): [string, string][] {
  const away = Math.round((1 - report.minConnectedFraction) * report.clients);
  return [
    ["Image", `${report.from} → ${report.to}`],
    ["Clients", thousands(report.clients)],
    ["Disconnects per client, at most", String(report.maxDisconnectsPerClient)],
    ["Sessions lost", `${report.sessionsLost} of ${thousands(report.sessionsExpected)}`],
    ["QoS 1 messages lost", `${report.qos1Lost} of ${thousands(report.qos1Published)}`],
    ...ofEmqx(report),
    ["Away at one moment, at most", `${thousands(away)} clients`],
    [
      "Reconnects per second, at most",
      `${report.peakReconnectsPerSecond} (rate ${report.connEvictRate})`,
    ],
    [
      "Ready nodes behind the Service, at least",
      `${report.minReadyEndpoints} of ${report.desiredReplicas}`,
    ],
    ...roleRows(report),
    [
      "From switch to end",
      `${report.upgradeSeconds} s (${report.ratioToBound.toFixed(2)} × the least possible ${report.boundSeconds} s)`,
    ],
  ];
}

function roleRows({ roles, balance }: Report): [string, string][] {
  if (!roles) return [];
  return [
    ["Replicants without a core of their release", `${roles.replicantWithoutCore} moments`],
    ["Fullest node afterwards", `${balance.toFixed(2)} × the mean`],
  ];
}

/** Summary, phases and checks as text for a terminal. */
export function terminalTable(report: Report, colours: boolean): string {
  const paint = (text: string, code: string): string =>
    colours ? `\u001b[${code}m${text}\u001b[0m` : text;
  const rows = summaryRows(report);
  const wide = Math.max(...rows.map(([label]) => label.length));
  const phases = report.phases.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)} s`);
  const { checks } = report;
  const [nameWidth, limitWidth] = [
    Math.max(...checks.map(({ name }) => name.length)),
    Math.max(...checks.map(({ limit }) => limit.length)),
  ];
  return [
    ...rows.map(([label, value]) => `  ${label.padEnd(wide)}  ${paint(value, "1")}`),
    `  ${"Phases".padEnd(wide)}  ${phases.join(" · ")}`,
    "",
    ...checks.map(({ name, limit, figure, pass }) => {
      const mark = pass ? paint("✓", "32") : paint("✗", "31");
      return `  ${mark} ${name.padEnd(nameWidth)}  ${limit.padEnd(limitWidth)}  ${figure}`;
    }),
  ].join("\n");
}

/** What EMQX itself loses, shown when it did. */
function ofEmqx({ takeoverMessagesLost, secondCuts }: Report): [string, string][] {
  if (takeoverMessagesLost + secondCuts === 0) return [];
  return [
    ["Messages that EMQX lost in takeovers", thousands(takeoverMessagesLost)],
    ["Clients that EMQX cut a second time", thousands(secondCuts)],
  ];
}
