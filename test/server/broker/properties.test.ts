/** Tests that the broker refuses invalid message properties of MQTT 5.0, which would make subscribers disconnect. */
import type { IDisconnectPacket, IPublishPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { isMissing, MOSQUITTO_CLIENTS } from "../../support/programs.js";
import { startBareBroker } from "../support/bare-broker.js";
import { connectRawClient, encodeField, encodePacket, openRawClient } from "../support/raw.js";
import { expectRefused, expectUnharmed, readRetainedTopics } from "../support/refused.js";

/** Properties that make MQTT 5.0 subscribers disconnect, with the reason code for their publisher. */
const BAD_PROPERTIES: readonly [what: string, properties: Buffer, reasonCode: number][] = [
  ["a user property with NUL in its name", Buffer.concat([Buffer.from([0x26]), encodeField("a\0b"), encodeField("c")]), 0x81],
  ["a user property with invalid UTF-8", Buffer.concat([Buffer.from([0x26]), encodeField("a"), encodeField(Buffer.from("c080", "hex"))]), 0x81],
  ["a content type with a control character", Buffer.concat([Buffer.from([0x03]), encodeField("\u0007")]), 0x81],
  ["a response topic with a wildcard", Buffer.concat([Buffer.from([0x08]), encodeField("a/#")]), 0x90],
  ["two content types", Buffer.concat([Buffer.from([0x03]), encodeField("a"), Buffer.from([0x03]), encodeField("b")]), 0x82],
  ["a Subscription Identifier", Buffer.from("0b05", "hex"), 0x81],
  ["a Receive Maximum, which is for CONNECT", Buffer.from("210001", "hex"), 0x81],
  ["an unknown property", Buffer.from("7f00", "hex"), 0x81],
  ["a property that is longer than its properties", Buffer.concat([Buffer.from([0x03]), Buffer.from("0003", "hex")]), 0x81],
]; // prettier-ignore

const GOOD_PROPERTIES = Buffer.concat([Buffer.from("010102000000ff03000174080001720900027863", "hex"), Buffer.from([0x26]), encodeField("ü"), encodeField("👍"), Buffer.from([0x26]), encodeField("ü"), encodeField("2")]); // prettier-ignore

function encodePublishWith(properties: Buffer): Buffer {
  return encodePacket(0x31, encodeField("t"), properties.length, properties, Buffer.from("text"));
}

function encodeConnectWithWill(properties: Buffer): Buffer {
  return encodePacket(0x10, encodeField("MQTT"), 5, 0x26, 0, 60, 0, encodeField("w"), properties.length, properties, encodeField("t"), encodeField("x")); // prettier-ignore
}

describe("properties of MQTT 5.0", () => {
  test.each(BAD_PROPERTIES)("%s in a message or a will ends the connection, is counted, and reaches no subscriber", async (_what, properties, reasonCode) => {
    const broker = await startBareBroker();
    const { packets } = await expectRefused(broker, 5, true, encodePublishWith(properties));
    expect((packets.at(-1) as IDisconnectPacket).reasonCode).toBe(reasonCode);
    await expectRefused(broker, 5, false, encodeConnectWithWill(properties));
    expect(await readRetainedTopics(broker)).toEqual([]);
  }); // prettier-ignore

  test.skipIf(isMissing(MOSQUITTO_CLIENTS, "mosquitto_pub and mosquitto_sub"))("properties sent by others never disconnect mosquitto_sub on #", async () => {
    const broker = await startBareBroker();
    await expectUnharmed(broker, "mqttv5", async () => {
      for (const [, properties] of BAD_PROPERTIES) {
        await expectRefused(broker, 5, true, encodePublishWith(properties));
        await expectRefused(broker, 5, false, encodeConnectWithWill(properties));
      }
    });
  }); // prettier-ignore

  test("valid properties reach subscribers with the message or the will", async () => {
    const { url, rejected } = await startBareBroker();
    const reader = await connectRawClient(url, "reader", { protocolVersion: 5 });
    reader.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 0 }] });
    await reader.waitForPacket("suback");
    const sender = openRawClient(url, { version: 5 });
    sender.sendBytes(encodeConnectWithWill(Buffer.concat([GOOD_PROPERTIES, Buffer.from("1800000000", "hex")])));
    sender.sendBytes(encodePublishWith(Buffer.concat([GOOD_PROPERTIES, Buffer.from("230001", "hex")])));
    await sender.waitUntilProcessed();
    sender.socket.destroy();
    const listReceivedMessages = (): IPublishPacket[] => reader.packets.filter((packet) => packet.cmd === "publish");
    await eventually(() => listReceivedMessages().length === 2, { what: "message and will" });
    const expected = { payloadFormatIndicator: true, contentType: "t", responseTopic: "r", correlationData: Buffer.from("xc"), userProperties: { ü: ["👍", "2"] } }; // prettier-ignore
    for (const { properties } of listReceivedMessages()) {
      const { messageExpiryInterval, ...rest } = properties!;
      expect(messageExpiryInterval).toBeGreaterThan(255 - 60);
      expect(messageExpiryInterval).toBeLessThanOrEqual(255);
      expect({ ...rest, userProperties: { ...rest.userProperties } }).toEqual(expected);
    }
    expect(rejected).toEqual([]);
  });
});
