import type { Client } from "aedes";

type Deliver = (packet: object, done: () => void) => void;

/**
 * What waited for a client is sent before what is published while it is sent: messages of a topic come in order
 * [MQTT-4.6.0-6].
 *
 * Aedes restores a session's subscriptions first and sends its queue afterwards, without holding back what comes in
 * between: a board would do a new action and refuse the older ones. To be called for each new client.
 */
export function queueFirst(client: Client): void {
  const inside = client as unknown as { deliverQoS: Deliver };
  const deliver = inside.deliverQoS;
  let held: [packet: object, done: () => void][] | undefined = [];
  inside.deliverQoS = (packet, done) => {
    if (held) held.push([packet, done]);
    else deliver(packet, done);
  };
  const release = (): void => {
    const waiting = held ?? [];
    held = undefined;
    for (const [packet, done] of waiting) deliver(packet, done);
  };
  // "connected" is told when the queue has been sent; what a client that is gone is to get stays in its queue
  client.once("connected", release);
  client.conn.once("close", release);
}
