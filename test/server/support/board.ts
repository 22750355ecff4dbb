/** A board, as far as the server sees one: announces itself, numbers its readings, keeps its session. */
import mqtt, { type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";
import { eventually } from "../../support/eventually.js";
import type { Got } from "./server.js";

export interface TestBoard {
  readonly client: MqttClient;
  readonly id: string;
  /** What came on its commands, in order. */
  readonly commands: Got[];
  /** The last configuration that came; undefined until one does. */
  readonly config: () => Record<string, unknown> | undefined;
  /** Configurations that came. */
  readonly configs: Got[];
  /** Publishes a reading at QoS 1, with the next `seq`; fulfilled when it is acknowledged. */
  read(light: number, fields?: object): Promise<unknown>;
  reply(fields: object): Promise<unknown>;
  /** The last `seq`. */
  seq: number;
}

/** A board that reconnects, ended after the test. `silent`: it does not announce itself. */
export async function board(
  url: string,
  id: string,
  { boot = 7, silent = false }: { boot?: number; silent?: boolean } = {},
): Promise<TestBoard> {
  const client = mqtt.connect(url, { clientId: `board:${id}`, clean: false, reconnectPeriod: 50 });
  client.on("error", () => {});
  onTestFinished(() => void client.end(true));
  const commands: Got[] = [];
  const configs: Got[] = [];
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
