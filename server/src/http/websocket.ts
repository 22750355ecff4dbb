import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";
import type { Broker } from "../broker/broker.js";
import type { Guard } from "./guard.js";

/** Path of MQTT over WebSocket on the HTTP port. */
export const WEBSOCKET_PATH = "/mqtt";

/**
 * Serves MQTT over WebSocket (MQTT 3.1.1, section 6). The guard checks `Origin`, because browsers let any page open a
 * WebSocket to any server.
 * @returns a function that closes all connections
 */
export function serveWebSocket(http: Server, broker: Broker, guard: Guard): () => void {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    // Limit the size of a WebSocket message, which may contain several MQTT packets, because ws buffers the whole
    // message.
    maxPayload: broker.largestPacket,
    // Select the subprotocol `mqtt` [MQTT-6.0.0-4]; clients of MQTT 3.1 offer `mqttv3.1` instead.
    handleProtocols: (offered) => ["mqtt", "mqttv3.1"].find((name) => offered.has(name)) ?? false,
  });
  http.on("upgrade", (request, socket: Duplex, head) => {
    const path = request.url?.split("?", 1)[0];
    const problem = path === WEBSOCKET_PATH ? guard(request, true) : `The only WebSocket path is ${WEBSOCKET_PATH}.`;
    if (problem) {
      const status = path === WEBSOCKET_PATH ? "403 Forbidden" : "404 Not Found";
      const body = JSON.stringify({ error: problem });
      const head = `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
      socket.on("error", () => {});
      socket.end(`${head}\r\n\r\n${body}`);
      return;
    }
    server.handleUpgrade(request, socket, head, (client) => broker.handle(createWebSocketStream(client), request));
  });
  return () => {
    for (const client of server.clients) client.terminate();
    server.close();
  };
}
