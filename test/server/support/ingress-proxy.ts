/** A proxy that behaves like the ingress of Home Assistant's Supervisor. */
import http from "node:http";
import net from "node:net";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** The path below which Home Assistant shows an add-on. */
export const INGRESS_PATH = "/api/hassio_ingress/Xy3Zq0token";

/** The address of the Supervisor in these tests. Only Linux has several loopback addresses. */
export const SUPERVISOR_ADDRESS = process.platform === "linux" ? "127.0.0.3" : "127.0.0.1";

export interface IngressProxy {
  readonly url: string;
  /** Paths outside `INGRESS_PATH` that were requested, except the page of Home Assistant itself. */
  readonly strayPaths: string[];
}

/**
 * Starts a proxy that removes the base path, passes `Host` on, and names the user, like supervisor/api/ingress.py. `/`
 * is the page of Home Assistant, which shows the add-on in a frame.
 */
export async function startIngressProxy(target: string): Promise<IngressProxy> {
  const { hostname, port } = new URL(target);
  const strayPaths: string[] = [];
  const headersFor = ({ headers, socket }: http.IncomingMessage): http.OutgoingHttpHeaders => ({
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith("x-remote-user"))),
    "x-ingress-path": INGRESS_PATH,
    "x-hass-source": "core.ingress",
    "x-forwarded-for": `${headers["x-forwarded-for"] ?? "None"}, ${socket.remoteAddress}`,
    "x-forwarded-host": headers.host,
    "x-forwarded-proto": "http",
    "x-remote-user-id": "6b0c1ad3",
    "x-remote-user-name": "ann",
    // Node.js writes headers as Latin-1; the Supervisor sends UTF-8
    "x-remote-user-display-name": Buffer.from("Änn").toString("latin1"),
  });
  const server = http.createServer((request, response) => {
    const url = request.url!;
    if (url === "/") {
      response.setHeader("content-type", "text/html");
      return response.end(`<!doctype html><title>HA</title><iframe src="${INGRESS_PATH}/" width=1200 height=800>`);
    }
    if (url === "/favicon.ico") return response.writeHead(204).end();
    if (!url.startsWith(`${INGRESS_PATH}/`)) {
      strayPaths.push(url);
      return response.writeHead(404).end();
    }
    const options = { hostname, port, method: request.method, localAddress: SUPERVISOR_ADDRESS };
    const path = url.slice(INGRESS_PATH.length);
    const forwarded = http.request({ ...options, path, headers: headersFor(request) }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    response.on("close", () => forwarded.destroy());
    request.pipe(forwarded);
  });
  server.on("upgrade", (request, client, head) => {
    const upstream = net.connect({ host: hostname, port: Number(port), localAddress: SUPERVISOR_ADDRESS }, () => {
      const lines = Object.entries(headersFor(request)).map(([name, value]) => `${name}: ${String(value)}`);
      upstream.write(`GET ${request.url!.slice(INGRESS_PATH.length)} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [upstream, client])
      socket.on("error", () => {}).on("close", () => (upstream.destroy(), client.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, strayPaths };
}
