/** A client of the HTTP API for tests. */
import http from "node:http";
import { onTestFinished } from "vitest";

export interface Answer {
  readonly status: number;
  /** Parsed JSON, or the text of other content types. */
  readonly body: unknown;
  readonly headers: http.IncomingHttpHeaders;
}

/** Sends a request. Unlike `fetch`, this function can set headers such as Host and Origin. */
export function ask(base: string, path: string, options: http.RequestOptions = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(base + path, { agent: false, ...options }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("end", () => {
        const json = String(response.headers["content-type"]).includes("json");
        resolve({ status: response.statusCode!, body: json ? JSON.parse(text) : text, headers: response.headers });
      });
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Sends a request with a JSON body. */
export function sendJson(
  method: string,
  base: string,
  path: string,
  body: string,
  headers: http.OutgoingHttpHeaders = {},
): Promise<Answer> {
  return ask(base, path, { method, headers: { "content-type": "application/json", ...headers } }, body);
}

export interface ServerSentEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Follows the event stream `/api/events` until the test ends, and records the events. */
export async function followEvents(
  base: string,
): Promise<{ events: ServerSentEvent[]; response: http.IncomingMessage }> {
  const events: ServerSentEvent[] = [];
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http.get(base + "/api/events", { agent: false }, resolve).on("error", reject);
  });
  response.on("error", () => {});
  onTestFinished(() => void response.destroy());
  let text = "";
  response.setEncoding("utf8").on("data", (part: string) => {
    const blocks = (text + part).split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (event) events.push({ event, data: JSON.parse(data) });
    }
  });
  return { events, response };
}
