import { expect, test } from "vitest";
import { SESSION_RECEIVE_MAXIMUM } from "../../server/src/broker/connect-handler.js";
import { eventually } from "../support/eventually.js";
import { createConnectPacket, openRawClient, type RawClient } from "./support/raw.js";
import { connectClient, startTestServer } from "./support/server.js";

const MESSAGE_COUNT = 100;
const messageNumbers = Array.from({ length: MESSAGE_COUNT }, (_, n) => n);

/** Returns the messages that a board received, in order. */
function receivedMessagesOf(board: RawClient): { messageId: number; number: number }[] {
  return board.packets.flatMap((packet) =>
    packet.cmd === "publish" ? [{ messageId: packet.messageId!, number: Number(packet.payload) }] : [],
  );
}

async function connectBoard(url: string): Promise<RawClient> {
  const board = openRawClient(url);
  board.send(createConnectPacket("board", { clean: false }));
  await eventually(() => board.packets.some(({ cmd }) => cmd === "connack"), { what: "CONNACK" });
  return board;
}

/** Acknowledges messages until all have arrived. Returns the largest number of messages that were in flight at once. */
async function acknowledgeAll(board: RawClient): Promise<number> {
  let acknowledged = 0;
  let most = 0;
  await eventually(
    () => {
      const arrived = receivedMessagesOf(board);
      most = Math.max(most, arrived.length - acknowledged);
      for (; acknowledged < arrived.length; acknowledged++)
        board.send({ cmd: "puback", messageId: arrived[acknowledged].messageId });
      return arrived.length === MESSAGE_COUNT;
    },
    { what: "all messages" },
  );
  return most;
}

test("a session has at most twenty inflight messages, and its client delays no other client", async () => {
  const { brokerUrl } = await startTestServer({ history: false });
  const board = await connectBoard(brokerUrl);
  board.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "news", qos: 1 }] });
  await eventually(() => board.packets.some(({ cmd }) => cmd === "suback"), { what: "SUBACK" });
  const other = await connectClient(brokerUrl, {}, "news");
  await Promise.all(messageNumbers.map((n) => other.publishAsync("news", String(n), { qos: 1 })));
  await eventually(
    () => other.got.length === MESSAGE_COUNT && receivedMessagesOf(board).length >= SESSION_RECEIVE_MAXIMUM,
    {
      what: "the others' messages",
    },
  );
  expect(await acknowledgeAll(board)).toBe(SESSION_RECEIVE_MAXIMUM);
  expect(receivedMessagesOf(board).map(({ number }) => number)).toEqual(messageNumbers);
});

test("the broker sends the queue of a session with at most twenty inflight messages", async () => {
  const { brokerUrl } = await startTestServer({ history: false });
  const before = await connectBoard(brokerUrl);
  before.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "news", qos: 1 }] });
  await eventually(() => before.packets.some(({ cmd }) => cmd === "suback"), { what: "SUBACK" });
  before.send({ cmd: "disconnect" });
  await eventually(() => before.isClosed, { what: "the end of the connection" });
  const other = await connectClient(brokerUrl);
  for (const n of messageNumbers) await other.publishAsync("news", String(n), { qos: 1 });
  const board = await connectBoard(brokerUrl);
  await eventually(() => receivedMessagesOf(board).length === SESSION_RECEIVE_MAXIMUM, {
    what: "the first twenty messages",
  });
  expect(await acknowledgeAll(board)).toBe(SESSION_RECEIVE_MAXIMUM);
  expect(receivedMessagesOf(board).map(({ number }) => number)).toEqual(messageNumbers);
});
