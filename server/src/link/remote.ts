import mqtt from "mqtt";
import type { Socket } from "node:net";
import { StartError, textOf } from "../errors.js";
import type { Keep, LinkHandlers, MqttLink } from "./link.js";
import { OFFLINE, ONLINE, presenceTopic } from "./presence.js";
import { loss, refusal, refusedFilter } from "./refusals.js";
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

/** Between two attempts to reconnect, in ms. */
const RECONNECT_EVERY = 1000;

/** How long the broker may take to acknowledge the farewell, in ms. */
const FAREWELL = 800;

/**
 * The server at somebody else's broker, with a persistent session, so that the broker keeps telemetry while the server
 * is away. Once joined, a lost link is made again for ever. `start` throws StartError when the broker cannot be joined
 * or refuses a subscription.
 */
export function remoteLink(options: RemoteOptions, handlers: LinkHandlers): MqttLink {
  const { broker, filters, optional = [], unwanted } = options;
  const topic = presenceTopic(options.prefix);
  const client = mqtt.connect(broker.url, {
    manualConnect: true,
    clientId: options.clientId,
    username: broker.username,
    password: broker.password,
    clean: false,
    protocolVersion: 4,
    keepalive: 30,
    connectTimeout: options.connectTimeout ?? 10_000,
    reconnectPeriod: RECONNECT_EVERY,
    reconnectOnConnackError: true,
    will: { topic, payload: OFFLINE, qos: 1, retain: true },
  });
  // before there is a connection: a session that was there before brings messages with the CONNACK
  acknowledgeWhenTaken(client, (name, payload, retained) => {
    if (name !== topic) return handlers.message(name, payload, retained);
    // our own word, back behind all that had waited
    if (!retained) handlers.caughtUp();
    // another server of this prefix has left; this one is still there
    if (!retained && !closing && payload.equals(OFFLINE)) publish(topic, ONLINE, "retained");
    return undefined;
  });
  // Small packets leave at once: with Nagle's algorithm an exchange at QoS 1 takes 44 ms instead of 0.2 ms.
  client.on("connect", () => (client.stream as Partial<Socket>).setNoDelay?.(true));
  let closing = false;

  function publish(topic: string, payload: Buffer, keep: Keep): void {
    client.publish(topic, payload, { qos: 1, retain: keep !== "once" }, (error) => {
      if (error && !closing) handlers.failed(`The message on ${topic} could not be sent: ${textOf(error)}`);
    });
  }

  /** Tells of the link from now on: it was up a moment ago. */
  function watch(): void {
    let up = true;
    let lastError: unknown;
    client.on("error", (error) => (lastError = error));
    client.on("close", () => {
      // every attempt that fails ends here as well
      if (up && !closing) handlers.down(loss(broker, lastError));
      up = false;
      lastError = undefined;
    });
    client.on("connect", () => {
      up = true;
      publish(topic, ONLINE, "retained");
      handlers.up();
    });
  }

  return {
    async start() {
      try {
        await firstConnection(client);
        if (unwanted.length > 0) await client.unsubscribeAsync([...unwanted]);
        for (const grant of await client.subscribeAsync([...filters], { qos: 1 }))
          if (grant.qos === 128 && !optional.includes(grant.topic))
            throw new StartError(refusedFilter(broker, grant.topic));
        // to hear its own word; a broker that does not allow that has nothing to catch up with, as far as can be told
        const [own] = await client.subscribeAsync(topic, { qos: 1 });
        if (own?.qos === 128) handlers.caughtUp();
        await client.publishAsync(topic, ONLINE, { qos: 1, retain: true });
        watch();
      } catch (error) {
        closing = true;
        client.end(true);
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
      const deadline = setTimeout(() => client.end(true), FAREWELL);
      if (client.connected) await client.publishAsync(topic, OFFLINE, { qos: 1, retain: true }).catch(() => {});
      await client.endAsync(!client.connected).catch(() => {});
      clearTimeout(deadline);
    },
  };
}

function firstConnection(client: mqtt.MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      client.off("connect", connected);
      client.off("error", failed);
      client.off("close", closed);
    };
    const connected = (): void => {
      settle();
      resolve();
    };
    const failed = (error: Error): void => {
      settle();
      // ending it makes it emit late errors, which nobody needs any more
      client.on("error", () => {});
      reject(error);
    };
    // an error comes before its close
    const closed = (): void => failed(new Error("closed"));
    client.on("connect", connected);
    client.on("error", failed);
    client.on("close", closed);
    client.connect();
  });
}

/** What is given to MQTT.js so that it sends no PUBACK of its own; it goes on with the next message. */
const ACKNOWLEDGED = new Error("this message is acknowledged elsewhere");

/**
 * Acknowledges each message of QoS 1 when `take` has finished with it, in the order of arrival [MQTT-4.6.0-2]. MQTT.js
 * can do so too, but takes no other message meanwhile: then a disk's answer would set the pace.
 */
function acknowledgeWhenTaken(client: mqtt.MqttClient, take: LinkHandlers["message"]): void {
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();
  client.handleMessage = ({ topic, payload, qos, retain, messageId = 0 }, next) => {
    const taken = take(topic, payload as Buffer, retain);
    if (qos !== 1) {
      // at QoS 2 MQTT.js goes on with PUBCOMP; at QoS 0 there is nothing to wait for
      if (qos === 2 && taken) taken.then(() => next(), next);
      else next();
      return;
    }
    // a connection of which this message is not must not acknowledge it
    const { stream } = client;
    const acknowledge = (): void => {
      if (stream.writable) stream.write(Buffer.from([0x40, 2, messageId >> 8, messageId & 255]));
    };
    if (!taken && waiting === 0) acknowledge();
    else {
      waiting++;
      last = last
        .then(() => taken)
        .then(() => {
          waiting--;
          acknowledge();
        });
    }
    next(ACKNOWLEDGED);
  };
}
