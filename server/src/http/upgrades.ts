import { STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { RefuseUpgrade } from "../updates/endpoint.js";

/** A WebSocket endpoint on the HTTP port. */
export interface UpgradeRoute {
  /** The path for people, such as `/updates/<id>`. */
  readonly path: string;
  matches(path: string): boolean;
  handle(request: IncomingMessage, socket: Duplex, head: Buffer, refuse: RefuseUpgrade): void;
}

/** Routes WebSocket requests by their path. */
export function serveUpgrades(http: Server, routes: readonly UpgradeRoute[]): void {
  http.on("upgrade", (request, socket: Duplex, head) => {
    const refuse: RefuseUpgrade = (status, problem) => {
      const body = JSON.stringify({ error: problem });
      const headers = `connection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
      socket.on("error", () => {});
      // a client that keeps its side open must not keep the connection
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\n\r\n${body}`, () => socket.destroy());
    };
    const path = request.url?.split("?", 1)[0] ?? "";
    const route = routes.find((one) => one.matches(path));
    if (route) return route.handle(request, socket, head, refuse);
    refuse(404, `There is no WebSocket at this path; the paths are ${routes.map((one) => one.path).join(" and ")}.`);
  });
}
