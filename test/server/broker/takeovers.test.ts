/** Tests that a client id has one connection at most [MQTT-3.1.4-2], even during concurrent connects and disconnects. */
import { describe, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { startBareBroker } from "../support/bare-broker.js";
import { connectRawClient, createConnectPacket, openRawClient, type RawClient } from "../support/raw.js";

const ROUND_COUNT = 50;

describe.each([4, 5] as const)("with protocol level %i, a client id", (version) => {
  const options = { protocolVersion: version } as const;

  async function connectSubscriber(url: string): Promise<RawClient> {
    const made = await connectRawClient(url, "one", options);
    made.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 1 }] });
    await made.waitForPacket("suback");
    return made;
  }

  test("a client id can be taken over by a third client after a second one connected while the first disconnected", async () => {
    const { url, broker } = await startBareBroker();
    for (let round = 0; round < ROUND_COUNT; round++) {
      const first = await connectSubscriber(url);
      const second = openRawClient(url, { version });
      await eventually(() => second.socket.readyState === "open", { what: "the second connection" });
      second.send(createConnectPacket("one", options));
      first.socket.destroy();
      await second.waitForPacket("connack");
      const third = await connectRawClient(url, "one", options);
      await second.waitForClose();
      third.socket.destroy();
      await eventually(() => broker.stats.clients === 0, { what: "the end of all connections" });
    }
  });
});
