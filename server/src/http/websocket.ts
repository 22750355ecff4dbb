import { createWebSocketStream, WebSocketServer } from "ws";
import type { Broker } from "../broker/broker.js";
import type { Guard } from "./guard.js";
import type { UpgradeRoute } from "./upgrades.js";

/** Path of MQTT over WebSocket on the HTTP port. */
export const WEBSOCKET_PATH = "/mqtt";

/** An endpoint, and a function that closes all its connections. */
export interface WebSocketEndpoint {
  readonly route: UpgradeRoute;
  close(): void;
}

/**
 * Creates the endpoint of MQTT over WebSocket (MQTT 3.1.1, section 6). The guard checks `Origin`, because browsers let any
 * page open a WebSocket to any server.
 */
export function createMqttEndpoint(broker: Broker, guard: Guard): WebSocketEndpoint {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    // Limit the size of a WebSocket message, which may contain several MQTT packets, because ws buffers the whole
    // message.
    maxPayload: broker.largestPacket,
    // Select the subprotocol `mqtt` [MQTT-6.0.0-4]; clients of MQTT 3.1 offer `mqttv3.1` instead.
    handleProtocols: (offered) => ["mqtt", "mqttv3.1"].find((name) => offered.has(name)) ?? false,
  });
  return {
    route: {
      path: WEBSOCKET_PATH,
      matches: (path) => path === WEBSOCKET_PATH,
      handle(request, socket, head, refuse) {
        const problem = guard(request, true);
        if (problem) return refuse(403, problem);
        server.handleUpgrade(request, socket, head, (client) => broker.handle(createWebSocketStream(client), request));
      },
    },
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}
