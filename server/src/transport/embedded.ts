import type { Broker } from "../broker/broker.js";
import { listen, listenProblem, type Listener } from "../broker/sockets.js";
import { toUrlHost } from "../common/hosts.js";
import type { Certificates } from "../security/certificates.js";
import type { BrokerConnection, BrokerConnectionHandlers } from "./broker-connection.js";
import { OFFLINE_PAYLOAD, ONLINE_PAYLOAD, serverStatusTopicOf } from "./server-status.js";

export interface EmbeddedOptions {
  readonly broker: Broker;
  /** Topic prefix of this installation, such as `nightlight`. */
  readonly prefix: string;
  readonly host: string;
  /** Listen address for MQTT without TLS; `host` by default. */
  readonly plainHost?: string;
  /** TCP port for MQTT without TLS; 0 means any free port. */
  readonly port: number;
  /** Certificates; when given, the broker also accepts MQTT over TLS. */
  readonly tls?: Certificates;
  /** TCP port for MQTT over TLS; 0 means any free port. */
  readonly mqttsPort?: number;
}

/** The server's connection to its embedded broker. */
export interface EmbeddedConnection extends BrokerConnection {
  /** Address for MQTT clients with TLS, known after `start`; undefined without certificates. */
  readonly secureUrl: string | undefined;
}

/**
 * Connects the server to its embedded broker by function calls, without a socket.
 *
 * The broker itself calls the handlers with live messages. `start` replays the retained device statuses, then opens the
 * ports for clients.
 */
export function createEmbeddedConnection(
  options: EmbeddedOptions,
  handlers: Pick<BrokerConnectionHandlers, "message" | "caughtUp">,
): EmbeddedConnection {
  const { broker, host, plainHost = host, port, tls, mqttsPort = 8883 } = options;
  const statusTopic = serverStatusTopicOf(options.prefix);
  let plainListener: Listener | undefined;
  let tlsListener: Listener | undefined;

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
      plainListener = await open("MQTT", "--mqtt-port", plainHost, port);
      if (tls) tlsListener = await open("MQTT over TLS", "--mqtts-port", host, mqttsPort, tls);
      broker.publish(statusTopic, ONLINE_PAYLOAD, "retained");
      // there are no queued messages to wait for, because the embedded broker stops together with the server
      handlers.caughtUp();
    },
    get url() {
      return `mqtt://${toUrlHost(plainHost)}:${plainListener?.port ?? port}`;
    },
    get secureUrl() {
      return tls && `mqtts://${toUrlHost(host)}:${tlsListener?.port ?? mqttsPort}`;
    },
    get connected() {
      return plainListener !== undefined;
    },
    publish: (topic, payload, mode) => broker.publish(topic, payload, mode),
    async close() {
      if (plainListener) broker.publish(statusTopic, OFFLINE_PAYLOAD, "retained");
      await broker.close();
      await Promise.all([plainListener?.close(), tlsListener?.close()]);
      plainListener = undefined;
    },
  };
}
