/** Tests the order of messages from one publisher to many subscribers [MQTT-4.6.0-5] [MQTT-4.6.0-6]. */
import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { bareBroker } from "../support/bare-broker.js";
import { connected } from "../support/raw.js";
import { client, type TestClient } from "../support/server.js";

interface Reader {
  readonly what: string;
  readonly options: { clientId: string; clean: boolean };
  /** The subscriptions of this reader: QoS by topic filter. */
  readonly subscriptions: Record<string, { qos: 0 | 1 | 2 }>;
}

const READERS: readonly Reader[] = [
  { what: "clean", options: { clientId: "clean", clean: true }, subscriptions: { "n/a": { qos: 2 } } },
  { what: "session", options: { clientId: "session", clean: false }, subscriptions: { "n/a": { qos: 2 } } },
  { what: "QoS 1", options: { clientId: "qos1", clean: false }, subscriptions: { "n/a": { qos: 1 } } },
  { what: "QoS 0", options: { clientId: "qos0", clean: true }, subscriptions: { "n/a": { qos: 0 } } },
  { what: "wildcard", options: { clientId: "wildcard", clean: true }, subscriptions: { "#": { qos: 2 } } },
  { what: "overlapping", options: { clientId: "overlapping", clean: true }, subscriptions: { "n/a": { qos: 0 }, "n/#": { qos: 2 }, "+/a": { qos: 1 } } },
  { what: "overlapping session", options: { clientId: "overlapping-session", clean: false }, subscriptions: { "n/+": { qos: 1 }, "#": { qos: 2 } } },
]; // prettier-ignore

test("messages of mixed QoS and retain flags in one TCP write reach every subscriber once, and in order for each QoS", async () => {
  const sent = fc.record({ qos: fc.constantFrom(0 as const, 1 as const, 2 as const), retain: fc.boolean() });
  const { url } = await bareBroker();
  const readers = await Promise.all(READERS.map(async ({ what, options, subscriptions }) => {
    const reader = await client(url, options);
    await reader.subscribeAsync(subscriptions);
    return { what, reader };
  })); // prettier-ignore
  const away = { clientId: "away", clean: false };
  await (await client(url, away)).subscribeAsync("n/+", { qos: 2 });
  const sender = await connected(url, "sender");
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(sent, { minLength: 1, maxLength: 120 }), async (messages) => {
      await (await client(url, away)).endAsync();
      const prefix = `${round++}:`;
      const first = sender.packets.length;
      const packets = messages.map(({ qos, retain }, n): Packet => ({ cmd: "publish", topic: "n/a", payload: prefix + n, qos, retain, messageId: n + 1, dup: false })); // prettier-ignore
      sender.sendBytes(Buffer.concat(packets.map((packet) => generate(packet))));
      const ids = (cmd: Packet["cmd"]): number[] => sender.packets.slice(first).flatMap((p) => (p.cmd === cmd ? [p.messageId!] : [])); // prettier-ignore
      /** Returns the packet identifiers of the messages with this QoS: the first message has identifier 1. */
      const numbers = (qos: number): number[] => messages.flatMap((one, n) => (one.qos === qos ? [n + 1] : []));
      await eventually(() => ids("puback").length + ids("pubrec").length === numbers(1).length + numbers(2).length);
      expect([ids("puback"), ids("pubrec")]).toEqual([numbers(1), numbers(2)]);
      for (const messageId of numbers(2)) sender.send({ cmd: "pubrel", messageId });
      await eventually(() => ids("pubcomp").length === numbers(2).length, { what: "PUBCOMP" });
      expect(ids("pubcomp")).toEqual(numbers(2));

      const check = async ({ what, reader }: { what: string; reader: TestClient }): Promise<void> => {
        const lowest = what === "away" ? 1 : 0;
        const got = (qos: number): number[] => {
          const texts = reader.got.map(({ text }) => text).filter((text) => text.startsWith(prefix));
          return texts.map((text) => Number(text.slice(prefix.length)) + 1).filter((n) => messages[n - 1].qos === qos);
        };
        const count = (): number => got(0).length + got(1).length + got(2).length;
        const expected = [0, 1, 2].map((qos) => (qos < lowest ? [] : numbers(qos)));
        await eventually(() => count() >= expected.flat().length, { what: `all messages for ${what}` });
        expect([what, got(0), got(1), got(2)]).toEqual([what, ...expected]);
      };
      for (const reader of readers) await check(reader);
      // this reader was offline while the messages were sent, so the broker has queued only QoS 1 and 2 for it
      await check({ what: "away", reader: await client(url, away) });
    }),
    { numRuns: 40 },
  );
});
