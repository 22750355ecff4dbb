/**
 * Floods the broker with messages on unrelated topics, from unknown devices, and with invalid payloads for the boards.
 */
import mqtt from "mqtt";
import { topicOf } from "../../contract/index.js";
import type { Random } from "./random.js";
import type { TestSystem } from "./stand.js";

const INVALID_PAYLOADS = ["", "{", "[]", "null", '{"light":"300"}', '{"led_on":1}', '{"action":"reboot"}', '{"threshold":1e9}', '{"light":1e9}', "x".repeat(3000)]; // prettier-ignore

/** Largest number of messages that wait for an acknowledgment at the same time. */
const CONCURRENT_MESSAGES = 50;

/** Publishes messages directly to the broker, without a proxy. Resolves when the broker has acknowledged all of them. */
export async function floodBroker(stand: TestSystem, messages: number, random: Random): Promise<void> {
  const client = await mqtt.connectAsync(stand.url, { reconnectPeriod: 200, connectTimeout: 2000 });
  client.on("error", () => {});
  const ids = stand.stations.map(({ id }) => id);
  const channels = ["telemetry", "commands", "config", "status", "replies", "set"] as const;

  function createMessage(): [topic: string, payload: string | Buffer] {
    switch (random.drawInteger(0, 3)) {
      case 0:
        return [`somebody/${random.drawInteger(0, 50)}/else`, random.drawBytes(random.drawInteger(0, 200))];
      case 1:
        return [
          topicOf(`nightlight/stranger-${random.drawInteger(0, 50)}`, "telemetry"),
          `{"light":${random.drawInteger(0, 1023)}}`,
        ];
      case 2:
        return [topicOf(random.pick(ids), random.pick(channels)), random.drawBytes(random.drawInteger(1, 200))];
      default: {
        // skips the empty payload on config, where an empty message is valid: it clears the configuration
        const channel = random.pick(channels);
        return [topicOf(random.pick(ids), channel), random.pick(INVALID_PAYLOADS.slice(channel === "config" ? 1 : 0))];
      }
    }
  }

  for (let sent = 0; sent < messages; sent += CONCURRENT_MESSAGES)
    await Promise.all(
      Array.from({ length: CONCURRENT_MESSAGES }, () => {
        const [topic, payload] = createMessage();
        return client.publishAsync(topic, payload, { qos: random.pick([0, 1]) });
      }),
    );
  await client.endAsync();
}
