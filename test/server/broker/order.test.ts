/** Tests the order of messages from one publisher to many subscribers [MQTT-4.6.0-5] [MQTT-4.6.0-6]. */
import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { connectRawClient } from "../support/raw.js";
import { connectClient, type TestClient } from "../support/server.js";

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
  const { url } = await startBareBroker();
  const readers = await Promise.all(READERS.map(async ({ what, options, subscriptions }) => {
    const reader = await connectClient(url, options);
    await reader.subscribeAsync(subscriptions);
    return { what, reader };
  })); // prettier-ignore
  const away = { clientId: "away", clean: false };
  await (await connectClient(url, away)).subscribeAsync("n/+", { qos: 2 });
  const sender = await connectRawClient(url, "sender");
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(sent, { minLength: 1, maxLength: 120 }), async (messages) => {
      await (await connectClient(url, away)).endAsync();
      const prefix = `${round++}:`;
      const first = sender.packets.length;
      const packets = messages.map(({ qos, retain }, n): Packet => ({ cmd: "publish", topic: "n/a", payload: prefix + n, qos, retain, messageId: n + 1, dup: false })); // prettier-ignore
      sender.sendBytes(Buffer.concat(packets.map((packet) => generate(packet))));
      const idsOf = (cmd: Packet["cmd"]): number[] => sender.packets.slice(first).flatMap((p) => (p.cmd === cmd ? [p.messageId!] : [])); // prettier-ignore
      /** Returns the packet identifiers of the messages with this QoS: the first message has identifier 1. */
      const listIdsWithQos = (qos: number): number[] => messages.flatMap((one, n) => (one.qos === qos ? [n + 1] : []));
      await eventually(
        () => idsOf("puback").length + idsOf("pubrec").length === listIdsWithQos(1).length + listIdsWithQos(2).length,
      );
      expect([idsOf("puback"), idsOf("pubrec")]).toEqual([listIdsWithQos(1), listIdsWithQos(2)]);
      for (const messageId of listIdsWithQos(2)) sender.send({ cmd: "pubrel", messageId });
      await eventually(() => idsOf("pubcomp").length === listIdsWithQos(2).length, { what: "PUBCOMP" });
      expect(idsOf("pubcomp")).toEqual(listIdsWithQos(2));

      const expectOrdered = async ({ what, reader }: { what: string; reader: TestClient }): Promise<void> => {
        const lowest = what === "away" ? 1 : 0;
        const listReceivedIds = (qos: number): number[] => {
          const texts = reader.got.map(({ text }) => text).filter((text) => text.startsWith(prefix));
          return texts.map((text) => Number(text.slice(prefix.length)) + 1).filter((n) => messages[n - 1].qos === qos);
        };
        const countReceived = (): number =>
          listReceivedIds(0).length + listReceivedIds(1).length + listReceivedIds(2).length;
        const expected = [0, 1, 2].map((qos) => (qos < lowest ? [] : listIdsWithQos(qos)));
        await eventually(() => countReceived() >= expected.flat().length, { what: `all messages for ${what}` });
        expect([what, listReceivedIds(0), listReceivedIds(1), listReceivedIds(2)]).toEqual([what, ...expected]);
      };
      for (const reader of readers) await expectOrdered(reader);
      // this reader was offline when the messages were sent, so the broker queued only messages of QoS 1 and 2 for it
      await expectOrdered({ what: "away", reader: await connectClient(url, away) });
    }),
    { numRuns: 40 },
  );
});
