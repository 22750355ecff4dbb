/** An HTTP server that records requests, for tests of webhooks. */
import http from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
}

export interface Receiver {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** The status of the next answers; 200 at first. */
  status: number;
}

/** Starts a receiver of JSON on a free port, and closes it after the test. */
export async function startReceiver(): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const server = http.createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => (text += part));
    request.on("end", () => {
      requests.push({ path: request.url!, headers: request.headers, body: JSON.parse(text) });
      response.writeHead(made.status, { location: "/elsewhere" }).end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const made: Receiver = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, status: 200 };
  return made;
}
