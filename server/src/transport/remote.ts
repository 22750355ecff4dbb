import { setTimeout as sleep } from "node:timers/promises";
import { StartError } from "../common/errors.js";
import { MqttClient, REFUSED } from "../mqtt/client.js";
import type { BrokerConnectionHandlers, BrokerConnection } from "./broker-connection.js";
import type { PublishMode } from "../mqtt/publish-mode.js";
import { OFFLINE, ONLINE, serverStatusTopic } from "./server-status.js";
import { loss, refusal, refusedFilter } from "./error-messages.js";
import type { BrokerAddress } from "./url.js";

export interface RemoteOptions {
  readonly broker: BrokerAddress;
  readonly prefix: string;
  /** The same at every start, and no other server's: it names the persistent session. */
  readonly clientId: string;
  readonly filters: readonly string[];
  /** Those of them that the broker may refuse. */
  readonly optional?: readonly string[];
  /** What an earlier run subscribed to in this session, and is not wanted any more. */
  readonly unwanted: readonly string[];
  /** How long the first connection may take, in ms. */
  readonly connectTimeout?: number;
}

/** How long the broker may take to acknowledge what the server says of itself, in ms. */
const PATIENCE = 800;

/**
 * The server at somebody else's broker, with a persistent session, so that the broker keeps telemetry while the server
 * is away. Once joined, a lost link is made again for ever. `start` throws StartError when the broker cannot be joined
 * or refuses a subscription.
 */
export function remoteConnection(options: RemoteOptions, handlers: BrokerConnectionHandlers): BrokerConnection {
  const { broker, filters, optional = [], unwanted, clientId, connectTimeout } = options;
  const topic = serverStatusTopic(options.prefix);
  let closing = false;
  const client = new MqttClient(
    { broker, clientId, connectTimeout, will: { topic, payload: OFFLINE } },
    {
      message(name, payload, retained) {
        if (name !== topic) return handlers.message(name, payload, retained);
        // our own word, back behind all that had waited
        if (!retained) handlers.caughtUp();
        // another server of this prefix has left; this one is still there
        if (!retained && !closing && payload.equals(OFFLINE)) publish(topic, ONLINE, "retained");
        return undefined;
      },
      up() {
        publish(topic, ONLINE, "retained");
        handlers.up();
      },
      down: (error) => handlers.down(loss(broker, error)),
      refused: (topic, reason) =>
        handlers.failed(`The broker ${broker.url} does not take the message on ${topic} (reason ${reason}).`),
    },
  );

  function publish(topic: string, payload: Buffer, mode: PublishMode): void {
    client.publish(topic, payload, mode !== "once");
  }

  /** Publishes whether this server is there; fulfilled when the broker has that. */
  function present(payload: Buffer): Promise<void> {
    return new Promise((resolve) => client.publish(topic, payload, true, resolve));
  }

  return {
    async start() {
      try {
        await client.connect();
        if (unwanted.length > 0) await client.unsubscribe(unwanted);
        const granted = await client.subscribe(filters);
        for (const [i, filter] of filters.entries())
          if (granted[i] >= REFUSED && !optional.includes(filter)) throw new StartError(refusedFilter(broker, filter));
        // to hear its own word; a broker that does not allow that has nothing to catch up with, as far as can be told
        const [own] = await client.subscribe([topic]);
        if (own >= REFUSED) handlers.caughtUp();
        client.keep();
        await Promise.race([present(ONLINE), sleep(PATIENCE)]);
      } catch (error) {
        closing = true;
        await client.close();
        throw error instanceof StartError ? error : new StartError(refusal(broker, error));
      }
    },
    url: broker.url,
    get connected() {
      return client.connected;
    },
    publish,
    async close() {
      closing = true;
      if (client.connected) await Promise.race([present(OFFLINE), sleep(PATIENCE)]);
      await client.close();
    },
  };
}
