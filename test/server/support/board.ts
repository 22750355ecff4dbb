/** A simulated board on MQTT.js, with a birth message, numbered readings and a persistent session. */
import mqtt, { type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.js";
import type { ReceivedMessage } from "./server.js";

export interface TestBoard {
  readonly client: MqttClient;
  readonly id: string;
  /** Commands that the board has received, in order. */
  readonly commands: ReceivedMessage[];
  /** Returns the configuration that the board received last; undefined if it has received none. */
  readonly config: () => Record<string, unknown> | undefined;
  /** Configurations that the board has received, in order. */
  readonly configs: ReceivedMessage[];
  /** Publishes a reading at QoS 1 with the next `seq`. Resolves when the broker acknowledges the reading. */
  read(light: number, fields?: object): Promise<unknown>;
  reply(fields: object): Promise<unknown>;
  /** Sequence number of the last sent reading. */
  seq: number;
}

/**
 * Connects a board, which reconnects by itself. The board is closed after the test.
 * @param silent whether the board sends no birth message
 */
export async function startTestBoard(
  url: string,
  id: string,
  { boot = 7, silent = false }: { boot?: number; silent?: boolean } = {},
): Promise<TestBoard> {
  const client = mqtt.connect(url, { clientId: `board:${id}`, clean: false, reconnectPeriod: 50 });
  client.on("error", () => {});
  onTestFinished(() => void client.end(true));
  const commands: ReceivedMessage[] = [];
  const configs: ReceivedMessage[] = [];
  client.on("message", (topic, payload, { qos, retain }) => {
    const got = { topic, text: payload.toString(), qos, retained: retain };
    (topic.endsWith("/config") ? configs : commands).push(got);
  });
  await client.subscribeAsync([`${id}/commands`, `${id}/config`], { qos: 1 });
  if (!silent) await client.publishAsync(`${id}/status`, '{"online":true}', { qos: 1, retain: true });
  const made: TestBoard = {
    client,
    id,
    commands,
    configs,
    config: () => (configs.length > 0 ? (JSON.parse(configs.at(-1)!.text) as Record<string, unknown>) : undefined),
    read: (light, fields = {}) =>
      client.publishAsync(`${id}/telemetry`, JSON.stringify({ light, boot, seq: ++made.seq, ...fields }), { qos: 1 }),
    reply: (fields) => client.publishAsync(`${id}/replies`, JSON.stringify(fields), { qos: 1 }),
    seq: 0,
  };
  if (!silent) await eventually(() => configs.length > 0, { what: "the board's configuration" });
  return made;
}
