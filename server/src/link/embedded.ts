import type { Broker } from "../broker/broker.js";
import { listen, listenProblem, type Listener } from "../broker/sockets.js";
import { urlHost } from "../options.js";
import type { LinkHandlers, MqttLink } from "./link.js";
import { OFFLINE, ONLINE, presenceTopic } from "./presence.js";

export interface EmbeddedOptions {
  readonly broker: Broker;
  readonly prefix: string;
  readonly host: string;
  /** The TCP port that clients connect to; 0 means any free one. */
  readonly port: number;
}

/**
 * The server at its own broker: function calls, no socket in between. Live messages reach the handlers from the broker
 * itself; `start` brings what the boards said of themselves before, and lets clients in.
 */
export function embeddedLink(options: EmbeddedOptions, handlers: Pick<LinkHandlers, "message" | "caughtUp">): MqttLink {
  const { broker, host, port } = options;
  const topic = presenceTopic(options.prefix);
  let listener: Listener | undefined;
  return {
    async start() {
      for (const { topic, payload } of broker.retained("status")) void handlers.message(topic, payload, true);
      try {
        listener = await listen(host, port, (socket) => broker.handle(socket));
      } catch (error) {
        throw listenProblem("MQTT", "--mqtt-port", host, port, error);
      }
      broker.publish(topic, ONLINE, "retained");
      // nothing waited: while this server was away, so was its broker
      handlers.caughtUp();
    },
    get url() {
      return `mqtt://${urlHost(host)}:${listener?.port ?? port}`;
    },
    get connected() {
      return listener !== undefined;
    },
    publish: (topic, payload, keep) => broker.publish(topic, payload, keep),
    async close() {
      if (listener) broker.publish(topic, OFFLINE, "retained");
      await broker.close();
      await listener?.close();
      listener = undefined;
    },
  };
}
