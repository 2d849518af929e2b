/** Prometheus' own HTTP API, as far as the sandbox asks it. */

/** A series with one value. */
export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** A series over time; times are epoch seconds. */
export interface Range {
  labels: Record<string, string>;
  points: { time: number; value: number }[];
}

export interface ScrapeTarget {
  labels: Record<string, string>;
  health: "up" | "down" | "unknown";
  lastError: string;
  scrapeUrl: string;
}

interface Result {
  resultType: string;
  result: {
    metric: Record<string, string>;
    value?: [number, string];
    values?: [number, string][];
  }[];
}

/** Milliseconds that an answer may take. */
const TIMEOUT = 10_000;

export class PrometheusApi {
  constructor(readonly url: string) {}

  /** The values of an expression now, or at an epoch second. */
  async query(expr: string, time?: number): Promise<Sample[]> {
    const { result } = await this.get<Result>("query", {
      query: expr,
      ...(time !== undefined && { time: String(time) }),
    });
    return result.map(({ metric, value }) => ({
      labels: metric,
      value: Number(value?.[1] ?? Number.NaN),
    }));
  }

  /** The values of an expression between two epoch seconds, `step` seconds apart. */
  async queryRange(expr: string, start: number, end: number, step: number): Promise<Range[]> {
    const { result } = await this.get<Result>("query_range", {
      query: expr,
      start: String(start),
      end: String(end),
      step: String(step),
    });
    return result.map(({ metric, values = [] }) => ({
      labels: metric,
      points: values.map(([time, value]) => ({ time, value: Number(value) })),
    }));
  }

  /** What it scrapes now. */
  async targets(): Promise<ScrapeTarget[]> {
    const { activeTargets } = await this.get<{ activeTargets: ScrapeTarget[] }>("targets", {
      state: "active",
    });
    return activeTargets;
  }

  /** Names of the alerts that fire now. */
  async firing(): Promise<string[]> {
    const { alerts } = await this.get<{
      alerts: { labels: { alertname: string }; state: string }[];
    }>("alerts", {});
    return alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname);
  }

  /** Names of the rules that it evaluates, with what went wrong with each. */
  async rules(): Promise<{ name: string; health: string; lastError?: string }[]> {
    const { groups } = await this.get<{
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    }>("rules", {});
    return groups.flatMap(({ rules }) => rules);
  }

  async ready(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/-/ready`, { signal: AbortSignal.timeout(TIMEOUT) })).ok;
    } catch {
      return false;
    }
  }

  private async get<T>(what: string, parameters: Record<string, string>): Promise<T> {
    const url = `${this.url}/api/v1/${what}?${new URLSearchParams(parameters).toString()}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
    const text = await response.text();
    if (!response.ok) throw new Error(`GET ${url} answered ${response.status}: ${text}`);
    return (JSON.parse(text) as { data: T }).data;
  }
}
