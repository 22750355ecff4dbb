import type { Broker } from "../broker/broker.js";
import { listen, listenProblem, type Listener } from "../broker/sockets.js";
import { urlHost } from "../common/hosts.js";
import type { Certificates } from "../security/certificates.js";
import type { BrokerConnectionHandlers, BrokerConnection } from "./broker-connection.js";
import { OFFLINE, ONLINE, serverStatusTopic } from "./server-status.js";

export interface EmbeddedOptions {
  readonly broker: Broker;
  readonly prefix: string;
  readonly host: string;
  /** Where MQTT without TLS listens; `host` unless given. */
  readonly plainHost?: string;
  /** The TCP port that clients connect to; 0 means any free one. */
  readonly port: number;
  /** For MQTT over TLS as well. */
  readonly tls?: Certificates;
  /** The TCP port of MQTT over TLS, with `tls`; 0 means any free one. */
  readonly mqttsPort?: number;
}

/** The link to the server's own broker. */
export interface EmbeddedConnection extends BrokerConnection {
  /** Where MQTT clients connect with TLS, known when the link is up; undefined without certificates. */
  readonly secureUrl: string | undefined;
}

/**
 * The server at its own broker: function calls, no socket in between. Live messages reach the handlers from the broker
 * itself; `start` brings what the boards said of themselves before, and lets clients in.
 */
export function embeddedConnection(
  options: EmbeddedOptions,
  handlers: Pick<BrokerConnectionHandlers, "message" | "caughtUp">,
): EmbeddedConnection {
  const { broker, host, plainHost = host, port, tls, mqttsPort = 8883 } = options;
  const topic = serverStatusTopic(options.prefix);
  let listener: Listener | undefined;
  let secure: Listener | undefined;

  async function open(
    what: string,
    flag: string,
    host: string,
    port: number,
    certificates?: Certificates,
  ): Promise<Listener> {
    try {
      return await listen(host, port, (socket) => broker.handle(socket), certificates);
    } catch (error) {
      throw listenProblem(what, flag, host, port, error);
    }
  }

  return {
    async start() {
      for (const { topic, payload } of broker.retained("status")) void handlers.message(topic, payload, true);
      listener = await open("MQTT", "--mqtt-port", plainHost, port);
      if (tls) secure = await open("MQTT over TLS", "--mqtts-port", host, mqttsPort, tls);
      broker.publish(topic, ONLINE, "retained");
      // nothing waited: while this server was away, so was its broker
      handlers.caughtUp();
    },
    get url() {
      return `mqtt://${urlHost(plainHost)}:${listener?.port ?? port}`;
    },
    get secureUrl() {
      return tls && `mqtts://${urlHost(host)}:${secure?.port ?? mqttsPort}`;
    },
    get connected() {
      return listener !== undefined;
    },
    publish: (topic, payload, mode) => broker.publish(topic, payload, mode),
    async close() {
      if (listener) broker.publish(topic, OFFLINE, "retained");
      await broker.close();
      await Promise.all([listener?.close(), secure?.close()]);
      listener = undefined;
    },
  };
}
