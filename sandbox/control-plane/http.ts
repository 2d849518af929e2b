import http from "node:http";
import https from "node:https";

export interface Answer {
  status: number;
  body: string;
}

/** GETs a URL of a local component (2 s at most); undefined when it doesn't answer. */
export function get(
  url: string,
  options: { token?: string; ca?: string } = {},
): Promise<Answer | undefined> {
  const headers = options.token ? { authorization: `Bearer ${options.token}` } : {};
  // Without a CA only a liveness page on 127.0.0.1 is read: nothing secret is sent or believed.
  const tls = options.ca ? { ca: options.ca } : { rejectUnauthorized: false };
  return new Promise((done) => {
    const request = (url.startsWith("https:") ? https : http).get(
      url,
      { headers, timeout: 2000, agent: false, ...tls },
      (response) => {
        let body = "";
        response
          .setEncoding("utf8")
          .on("data", (text: string) => (body += text))
          .on("end", () => done({ status: response.statusCode ?? 0, body }))
          .on("error", () => done(undefined));
      },
    );
    request.on("timeout", () => request.destroy()).on("error", () => done(undefined));
  });
}
