import { createReadStream, existsSync, statSync, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";

export interface LogQuery {
  follow: boolean;
  tailLines?: number;
  limitBytes?: number;
}

/** The options that `kubectl logs` sends; `timestamps` and `since` are not supported and ignored. */
export function logQuery(params: URLSearchParams): LogQuery {
  const number = (name: string) => {
    const text = params.get(name);
    return text === null ? undefined : Number(text);
  };
  return {
    follow: params.get("follow") === "true",
    tailLines: number("tailLines"),
    limitBytes: number("limitBytes"),
  };
}

/** The end of a log, cut to whole lines. */
export function tail(text: string, { tailLines, limitBytes }: LogQuery): string {
  let result = text;
  if (tailLines !== undefined) {
    const lines = result.split("\n");
    const trailing = lines.at(-1) === "" ? 1 : 0;
    result = tailLines === 0 ? "" : lines.slice(-(tailLines + trailing)).join("\n");
  }
  return limitBytes === undefined ? result : result.slice(0, limitBytes);
}

/** Writes a log file to a response and, when asked, follows it until `running` is over. */
export async function serveLog(
  file: string,
  query: LogQuery,
  response: ServerResponse,
  running: Promise<unknown>,
): Promise<void> {
  const text = existsSync(file) ? await readFile(file) : Buffer.alloc(0);
  response.writeHead(200, { "content-type": "text/plain" });
  response.write(tail(text.toString("utf8"), query));
  if (!query.follow || !existsSync(file)) return void response.end();
  response.flushHeaders();
  await follow(file, text.length, response, running);
}

async function follow(
  file: string,
  from: number,
  response: ServerResponse,
  running: Promise<unknown>,
): Promise<void> {
  let position = from;
  let copying: Promise<void> | undefined;
  const copy = async () => {
    while (statSync(file).size > position) {
      for await (const chunk of createReadStream(file, { start: position })) {
        position += (chunk as Buffer).length;
        response.write(chunk);
      }
    }
  };
  const changed = () => {
    copying ??= copy()
      .catch(() => undefined)
      .finally(() => (copying = undefined));
  };
  const watcher = watch(file, changed).on("error", () => undefined);
  const closed = new Promise<void>((resolve) => response.once("close", resolve));
  changed();
  await Promise.race([running, closed]);
  watcher.close();
  await copying;
  await copy().catch(() => undefined);
  response.end();
}
