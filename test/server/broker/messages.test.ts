/** Tests that each subscriber receives messages once and in order, and that acknowledgements keep the order too. */
import fc from "fast-check";
import { generate, type IPublishPacket, type Packet } from "mqtt-packet";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { connectRawClient, type RawClient } from "../support/raw.js";
import { connectClient } from "../support/server.js";

const connectById = (url: string, clientId: string, clean: boolean): Promise<RawClient> =>
  connectRawClient(url, clientId, { clean });

async function subscribeRaw(made: RawClient, topics: string[], qos: 0 | 1 = 1): Promise<void> {
  const before = made.packets.length;
  made.send({ cmd: "subscribe", messageId: 9999, subscriptions: topics.map((topic) => ({ topic, qos })) });
  await eventually(() => made.packets.slice(before).some(({ cmd }) => cmd === "suback"), { what: "SUBACK" });
}

const receivedPublishesOf = (made: RawClient): IPublishPacket[] =>
  made.packets.filter((packet) => packet.cmd === "publish");
const textsOf = (made: RawClient, topic: string): string[] =>
  receivedPublishesOf(made)
    .filter((packet) => packet.topic === topic)
    .map(({ payload }) => payload.toString());
const acknowledgedIdsOf = (made: RawClient): number[] =>
  made.packets.flatMap((p) => (p.cmd === "puback" ? [p.messageId!] : []));
const listNumbersBelow = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));

/** Topics of readings, and other topics that look similar. */
const topic = fc.constantFrom("a/telemetry", "nightlight/b/telemetry", "ü/telemetry", "a/status", "telemetry", "a/telemetry/x", "/telemetry"); // prettier-ignore
const message = fc.record({
  topic,
  qos: fc.constantFrom(0, 1),
  retain: fc.boolean(),
  dup: fc.boolean(),
  size: fc.oneof(fc.nat(200), fc.nat(1500)),
  /** How long the server takes to store this message, in ms; 0 for a message that it does not store. */
  stored: fc.constantFrom(0, 0, 1, 3),
});

test("the server receives a client's messages once and in order, however they are split, and the broker acknowledges in order", async () => {
  const got: string[] = [];
  let stored: number[] = [];
  const { url } = await startBareBroker((topic, payload) => {
    got.push(`${topic} ${payload.toString()}`);
    const ms = stored.shift();
    return ms ? sleep(ms) : undefined;
  });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 30 }), fc.infiniteStream(fc.integer({ min: 1, max: 400 })), async (messages, cuts) => {
      const sender = await connectById(url, `sender${run++}`, true);
      got.length = 0;
      stored = messages.map(({ stored }) => stored);
      const packets = messages.map(({ topic, qos, retain, dup, size }, n): Packet => {
        const payload = `${n} ${"x".repeat(size)}`;
        return { cmd: "publish", topic, payload, qos: qos as 0 | 1, retain, dup: qos > 0 && dup, messageId: n + 1 };
      });
      const bytes = Buffer.concat(packets.map((packet) => generate(packet)));
      for (let at = 0; at < bytes.length;) {
        const size = cuts.next().value as number;
        sender.socket.write(bytes.subarray(at, at + size));
        at += size;
        await new Promise((resolve) => setImmediate(resolve));
      }
      const acknowledged = messages.flatMap(({ qos }, n) => (qos > 0 ? [n + 1] : []));
      await eventually(() => got.length >= messages.length && acknowledgedIdsOf(sender).length >= acknowledged.length, { what: "all of them" }); // prettier-ignore
      sender.send({ cmd: "pingreq" });
      await eventually(() => sender.packets.some(({ cmd }) => cmd === "pingresp"), { what: "PINGRESP" });
      expect(got).toEqual(messages.map(({ topic, size }, n) => `${topic} ${n} ${"x".repeat(size)}`));
      expect(acknowledgedIdsOf(sender)).toEqual(acknowledged);
      sender.socket.destroy();
    }), // prettier-ignore
    { numRuns: 60 },
  );
});

test("a reading is acknowledged after earlier messages of its client, even when those take longer to store", async () => {
  let store = (): void => {};
  const got: string[] = [];
  const { url } = await startBareBroker((topic) => {
    got.push(topic);
    return topic === "a/status" ? new Promise((resolve) => (store = resolve)) : undefined;
  });
  const sender = await connectById(url, "sender", true);
  sender.send({ cmd: "publish", topic: "a/status", payload: "{}", qos: 1, retain: false, dup: false, messageId: 1 });
  await eventually(() => got.length === 1, { what: "the status" });
  for (let id = 2; id < 5; id++) {
    sender.send({
      cmd: "publish",
      topic: "a/telemetry",
      payload: "1",
      qos: 1,
      retain: false,
      dup: false,
      messageId: id,
    });
    await eventually(() => got.length === id, { what: `reading ${id}` });
  }
  store();
  await eventually(() => acknowledgedIdsOf(sender).length === 4, { what: "all acknowledgements" });
  expect(acknowledgedIdsOf(sender)).toEqual([1, 2, 3, 4]);
});

test("every subscriber receives the messages of a topic in order while other clients connect and disconnect", async () => {
  const { broker, url } = await startBareBroker();
  const exact = await connectClient(url, {}, "n/b/commands");
  const wild = await connectClient(url, {}, "n/#", "n/+/commands");
  const low = await connectClient(url);
  await low.subscribeAsync("n/b/commands", { qos: 0 });
  const sleeper = { clientId: "sleeper", clean: false } as const;
  const other = await connectClient(url);
  const count = 400;
  for (let n = 0; n < count; n++) {
    const payload = Buffer.from(String(n));
    broker.publish("n/b/commands", payload, n % 7 === 0 ? "not-retained" : "retained");
    if (n % 5 === 0) other.publish("n/b/telemetry", payload, { qos: 1 });
    if (n === 100) await (await connectClient(url, sleeper, "n/b/commands")).endAsync();
    if (n === 200) await (await connectClient(url, { ...sleeper, clean: true })).endAsync();
    if (n % 50 === 0) await sleep(1);
  }
  for (const reader of [exact, wild, low]) {
    const listReceivedTexts = (): string[] =>
      reader.got.filter(({ topic }) => topic === "n/b/commands").map(({ text }) => text);
    await eventually(() => listReceivedTexts().length >= count, { what: "all messages" });
    expect(listReceivedTexts()).toEqual(listNumbersBelow(count));
  }
  expect(new Set(low.got.map(({ qos }) => qos))).toEqual(new Set([0]));
  expect(new Set(exact.got.map(({ qos }) => qos))).toEqual(new Set([1]));
});

test("a new subscriber receives the retained message of every topic, and never an older one after a newer one", async () => {
  const { broker, url } = await startBareBroker();
  const lamps = 300;
  let round = 0;
  const publishAll = (): void => {
    round++;
    for (let n = 0; n < lamps; n++) broker.publish(`n/${n}/commands`, Buffer.from(String(round)), "retained");
  };
  publishAll();
  const readers = await Promise.all(["n/#", "n/+/commands", "#"].map(async (filter) => {
    const reader = await connectById(url, `reader ${filter}`, true);
    reader.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: filter, qos: 1 }] });
    return reader;
  })); // prettier-ignore
  for (let n = 0; n < 20; n++) {
    publishAll();
    await sleep(1);
  }
  for (const reader of readers)
    for (let n = 0; n < lamps; n++) {
      const listReceivedCommands = (): IPublishPacket[] =>
        receivedPublishesOf(reader).filter(({ topic }) => topic === `n/${n}/commands`);
      const listReceivedNumbers = (): number[] =>
        listReceivedCommands().map(({ payload }) => Number(payload.toString()));
      const countRetained = (): number => listReceivedCommands().filter(({ retain }) => retain).length;
      await eventually(() => listReceivedNumbers().at(-1) === round && countRetained() > 0, {
        what: `the last state of lamp ${n}`,
      });
      expect(countRetained()).toBe(1);
      expect(listReceivedNumbers()).toEqual(listReceivedNumbers().toSorted((a, b) => a - b));
    }
});

test("a retained message is stored when it is acknowledged, and subscribers get it without the retain flag", async () => {
  const { broker, url } = await startBareBroker();
  const watcher = await connectClient(url, {}, "n/+/status");
  const board = await connectById(url, "board", true);
  for (let n = 1; n <= 50; n++) {
    const payload = `{"online":true,"boot":${n}}`;
    board.send({ cmd: "publish", topic: "n/b/status", payload, qos: 1, retain: true, dup: false, messageId: n });
    await eventually(() => acknowledgedIdsOf(board).length === n, { what: "its acknowledgement" });
    expect(broker.retained("status").map(({ payload }) => payload.toString())).toEqual([payload]);
  }
  const late = await connectClient(url, {}, "n/b/status");
  await eventually(() => late.got.length > 0 && watcher.got.length >= 50, { what: "all of them" });
  expect(late.got).toEqual([{ topic: "n/b/status", text: '{"online":true,"boot":50}', qos: 1, retained: true }]);
  expect(watcher.got.map(({ text, retained }) => [text, retained])).toEqual(
    Array.from({ length: 50 }, (_, n) => [`{"online":true,"boot":${n + 1}}`, false]),
  );
  board.send({ cmd: "publish", topic: "n/b/status", payload: "", qos: 1, retain: true, dup: false, messageId: 51 });
  await eventually(() => acknowledgedIdsOf(board).length === 51, { what: "its acknowledgement" });
  expect(broker.retained("status")).toEqual([]);
});

describe("a session", () => {
  const COMMANDS = "n/b/commands";
  const publishNumber = (
    broker: { publish(topic: string, payload: Buffer, keep: "retained"): void },
    n: number,
  ): void => broker.publish(COMMANDS, Buffer.from(String(n)), "retained");

  test("a session keeps unacknowledged messages and its queue in order over a restart of the broker", async () => {
    const first = await startBareBroker();
    const board = await connectById(first.url, "board", false);
    await subscribeRaw(board, [COMMANDS]);
    // the broker sends 20 messages before the first acknowledgment; the other ten wait in the queue
    for (let n = 0; n < 30; n++) publishNumber(first.broker, n);
    await eventually(() => textsOf(board, COMMANDS).length === 20, { what: "as many as may be on their way" });
    await first.close();

    const second = await startBareBroker(undefined, { folder: first.folder });
    const again = await connectClient(second.url, { clientId: "board", clean: false });
    await eventually(() => again.got.length >= 30, { what: "all of them" });
    expect(again.got.map(({ text }) => text)).toEqual(listNumbersBelow(30));
  });

  test("a session is deleted completely when a clean session replaces it", async () => {
    const { broker, url } = await startBareBroker();
    const board = await connectById(url, "board", false);
    await subscribeRaw(board, [COMMANDS]);
    publishNumber(broker, 0);
    await eventually(() => textsOf(board, COMMANDS).length === 1, { what: "the command" });
    board.socket.destroy();
    (await connectById(url, "board", true)).socket.destroy();
    const again = await connectById(url, "board", false);
    await subscribeRaw(again, ["n/c/commands"]);
    expect(receivedPublishesOf(again)).toEqual([]);
  });

  test("a session has at most 20 inflight messages, which arrive in order however its client acknowledges", async () => {
    const step = fc.record({ say: fc.nat(12), acknowledge: fc.nat(25), rest: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const { broker, url, close } = await startBareBroker();
        const board = await connectById(url, "board", false);
        await subscribeRaw(board, [COMMANDS]);
        let acknowledged = 0;
        let most = 0;
        let said = 0;
        const exchangeMessages = async (say: number, acknowledge: number, rest: number): Promise<void> => {
          for (let n = 0; n < say; n++) publishNumber(broker, said++);
          const come = receivedPublishesOf(board);
          most = Math.max(most, come.length - acknowledged);
          for (const { messageId } of come.slice(acknowledged, acknowledged + acknowledge)) {
            board.send({ cmd: "puback", messageId });
            acknowledged++;
          }
          await sleep(rest);
        };
        for (const { say, acknowledge, rest } of steps) await exchangeMessages(say, acknowledge, rest);
        await eventually(async () => {
          await exchangeMessages(0, 7, 0);
          return acknowledged === said;
        });
        expect(most).toBeLessThanOrEqual(20);
        expect(textsOf(board, COMMANDS)).toEqual(listNumbersBelow(said));
        await close();
      }),
      { numRuns: 25 },
    );
  });
});
