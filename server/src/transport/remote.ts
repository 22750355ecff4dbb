import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "../common/errors.js";
import { SUBACK_FAILURE, MqttClient } from "../mqtt/client.js";
import type { BrokerConnection, BrokerConnectionHandlers } from "./broker-connection.js";
import type { PublishMode } from "../mqtt/publish-mode.js";
import { OFFLINE_PAYLOAD, ONLINE_PAYLOAD, serverStatusTopicOf } from "./server-status.js";
import { describeConnectError, describeConnectionLoss, describeRefusedSubscription } from "./error-messages.js";
import type { BrokerAddress } from "./url.js";

export interface RemoteOptions {
  readonly broker: BrokerAddress;
  /** Topic prefix of this installation, such as `nightlight`. */
  readonly prefix: string;
  /** Client id that names the persistent session. Stays the same at every start and belongs to this server only. */
  readonly clientId: string;
  /** Topic filters to subscribe to. */
  readonly filters: readonly string[];
  /** The topic filters among `filters` that the broker may refuse. */
  readonly optional?: readonly string[];
  /** Topic filters of an earlier run that `start` unsubscribes from. */
  readonly unwanted: readonly string[];
  /** Timeout of the first connection attempt, in ms. After it, `start` throws. */
  readonly connectTimeout?: number;
}

/** Longest wait for the acknowledgment of a server status message, in ms. The server then continues without it. */
const STATUS_ACKNOWLEDGMENT_TIMEOUT = 800;

/**
 * Connects the server to a remote broker with a persistent session, so that the broker queues telemetry while the server
 * is away. After `start` a lost connection is retried until it succeeds.
 *
 * `start` throws StartError when the broker cannot be reached or refuses a subscription.
 */
export function createRemoteConnection(options: RemoteOptions, handlers: BrokerConnectionHandlers): BrokerConnection {
  const { broker, filters, optional = [], unwanted, clientId, connectTimeout } = options;
  const statusTopic = serverStatusTopicOf(options.prefix);
  let closing = false;
  const client = new MqttClient(
    { broker, clientId, connectTimeout, will: { topic: statusTopic, payload: OFFLINE_PAYLOAD } },
    {
      messageReceived(topic, payload, retained) {
        if (topic !== statusTopic) return handlers.message(topic, payload, retained);
        // the broker delivers the server's own status after all queued messages, so the status marks their end
        if (!retained) handlers.caughtUp();
        // publish the status again: another server with this prefix stopped and overwrote the shared status
        if (!retained && !closing && payload.equals(OFFLINE_PAYLOAD)) publish(statusTopic, ONLINE_PAYLOAD, "retained");
        return undefined;
      },
      reconnected() {
        publish(statusTopic, ONLINE_PAYLOAD, "retained");
        handlers.reconnected();
      },
      disconnected: (error) => handlers.disconnected(describeConnectionLoss(broker, error)),
      publishRefused: (topic, reason) =>
        handlers.failed(`The broker ${broker.url} refuses the message on ${topic} (reason code ${reason}).`),
    },
  );

  function publish(topic: string, payload: Buffer, mode: PublishMode): void {
    client.publish(topic, payload, mode !== "not-retained");
  }

  /** Publishes the server's status. Resolves when the broker acknowledges the message. */
  function publishStatus(payload: Buffer): Promise<void> {
    return new Promise((resolve) => client.publish(statusTopic, payload, true, resolve));
  }

  return {
    async start() {
      try {
        await client.connect();
        if (unwanted.length > 0) await client.unsubscribe(unwanted);
        const granted = await client.subscribe(filters);
        for (const [i, filter] of filters.entries())
          if (granted[i] >= SUBACK_FAILURE && !optional.includes(filter))
            throw new StartError(describeRefusedSubscription(broker, filter));
        // without this subscription no status marks the end of the queued messages, so report the end at once
        const [statusGranted] = await client.subscribe([statusTopic]);
        if (statusGranted >= SUBACK_FAILURE) handlers.caughtUp();
        client.enableReconnect();
        await Promise.race([publishStatus(ONLINE_PAYLOAD), sleep(STATUS_ACKNOWLEDGMENT_TIMEOUT)]);
      } catch (error) {
        closing = true;
        await client.close();
        throw error instanceof StartError ? error : new StartError(describeConnectError(broker, error));
      }
    },
    url: broker.url,
    get connected() {
      return client.isConnected;
    },
    publish,
    async close() {
      closing = true;
      if (client.isConnected)
        await Promise.race([publishStatus(OFFLINE_PAYLOAD), sleep(STATUS_ACKNOWLEDGMENT_TIMEOUT)]);
      await client.close();
    },
  };
}
