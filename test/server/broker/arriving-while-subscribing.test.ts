/** Tests messages that arrive while a change of the subscriptions of a client with a session is being stored. */
import { generate } from "mqtt-packet";
import { expect, test, vi } from "vitest";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { connectRawClient, type RawClient } from "../support/raw.js";
import { connectClient } from "../support/server.js";

test("a client receives the answers to what it publishes right after SUBSCRIBE, although SUBACK waits for a slow disk", async () => {
  const { url, data } = await startBareBroker();
  const server = await connectClient(url, {}, "status");
  server.on("message", () => server.publish("commands", "go", { qos: 1 }));
  const board = await connectRawClient(url, "board", { clean: false });
  let finishWriting = (): void => {};
  const writing = new Promise<void>((resolve) => (finishWriting = resolve));
  const slowStore = vi.spyOn(data.broker, "whenStored").mockReturnValue(writing);

  board.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "commands", qos: 1 }] });
  board.send({ cmd: "publish", topic: "status", payload: "online", qos: 0, retain: false, dup: false });
  expect((await board.waitForPacket("publish")).payload.toString()).toBe("go");
  expect(board.packets.some(({ cmd }) => cmd === "suback")).toBe(false);

  slowStore.mockRestore();
  finishWriting();
  await board.waitForPacket("suback");
});

const listReplies = ({ packets }: RawClient): string[] =>
  packets
    .filter(({ cmd }) => cmd === "suback" || cmd === "unsuback")
    .map(({ cmd, messageId }) => `${cmd} ${messageId}`);

test("a client that unsubscribes and subscribes again at once gets messages and replies, although the disk is slow", async () => {
  const { url, data } = await startBareBroker();
  const server = await connectClient(url);
  const board = await connectRawClient(url, "board", { clean: false });
  board.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "commands", qos: 1 }] });
  await board.waitForPacket("suback");
  let finishWriting = (): void => {};
  const writing = new Promise<void>((resolve) => (finishWriting = resolve));
  const slowStore = vi.spyOn(data.broker, "whenStored").mockReturnValue(writing);

  board.send({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["commands"] });
  board.send({ cmd: "subscribe", messageId: 3, subscriptions: [{ topic: "commands", qos: 1 }] });
  board.send({ cmd: "unsubscribe", messageId: 4, unsubscriptions: ["other"] });
  await board.waitUntilProcessed();
  expect(listReplies(board)).toEqual(["suback 1"]);

  slowStore.mockRestore();
  finishWriting();
  await eventually(() => listReplies(board).length === 4, { what: "the replies" });
  expect(listReplies(board)).toEqual(["suback 1", "unsuback 2", "suback 3", "unsuback 4"]);
  await server.publishAsync("commands", "go", { qos: 1 });
  expect((await board.waitForPacket("publish")).payload.toString()).toBe("go");
});

test("a subscription counts with its new QoS when UNSUBSCRIBE and SUBSCRIBE arrive together", async () => {
  const { url } = await startBareBroker();
  const server = await connectClient(url);
  const board = await connectRawClient(url, "board", { clean: false });
  board.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "commands", qos: 1 }] });
  await board.waitForPacket("suback");

  const unsubscribe = generate({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["commands"] });
  const subscribe = generate({ cmd: "subscribe", messageId: 3, subscriptions: [{ topic: "commands", qos: 0 }] });
  board.sendBytes(Buffer.concat([unsubscribe, subscribe]));
  await eventually(() => listReplies(board).length === 3, { what: "the replies" });
  await server.publishAsync("commands", "go", { qos: 1 });
  expect((await board.waitForPacket("publish")).qos).toBe(0);
});
