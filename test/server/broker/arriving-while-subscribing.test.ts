/** Tests messages that arrive while the subscription of a client with a session is being stored. */
import { expect, test, vi } from "vitest";
import { startBareBroker } from "../support/bare-broker.js";
import { connectRawClient } from "../support/raw.js";
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
