/** Tests that the broker refuses invalid message properties of MQTT 5.0, which would make subscribers disconnect. */
import type { IDisconnectPacket, IPublishPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { missing, MOSQUITTO_CLIENTS } from "../../support/programs.js";
import { bareBroker } from "../support/bare-broker.js";
import { connected, field, frame, raw } from "../support/raw.js";
import { expectRefused, expectUnharmed, retainedIn } from "../support/refused.js";

/** Properties that make MQTT 5.0 subscribers disconnect, with the reason code for their publisher. */
const BAD_PROPERTIES: readonly [what: string, properties: Buffer, reasonCode: number][] = [
  ["a user property with NUL in its name", Buffer.concat([Buffer.from([0x26]), field("a\0b"), field("c")]), 0x81],
  ["a user property with invalid UTF-8", Buffer.concat([Buffer.from([0x26]), field("a"), field(Buffer.from("c080", "hex"))]), 0x81],
  ["a content type with a control character", Buffer.concat([Buffer.from([0x03]), field("\u0007")]), 0x81],
  ["a response topic with a wildcard", Buffer.concat([Buffer.from([0x08]), field("a/#")]), 0x90],
  ["two content types", Buffer.concat([Buffer.from([0x03]), field("a"), Buffer.from([0x03]), field("b")]), 0x82],
  ["a Subscription Identifier", Buffer.from("0b05", "hex"), 0x81],
  ["a Receive Maximum, which is for CONNECT", Buffer.from("210001", "hex"), 0x81],
  ["an unknown property", Buffer.from("7f00", "hex"), 0x81],
  ["a property that is longer than its properties", Buffer.concat([Buffer.from([0x03]), Buffer.from("0003", "hex")]), 0x81],
]; // prettier-ignore

const GOOD_PROPERTIES = Buffer.concat([Buffer.from("010102000000ff03000174080001720900027863", "hex"), Buffer.from([0x26]), field("ü"), field("👍"), Buffer.from([0x26]), field("ü"), field("2")]); // prettier-ignore

function publishWith(properties: Buffer): Buffer {
  return frame(0x31, field("t"), properties.length, properties, Buffer.from("text"));
}

function willWith(properties: Buffer): Buffer {
  return frame(0x10, field("MQTT"), 5, 0x26, 0, 60, 0, field("w"), properties.length, properties, field("t"), field("x")); // prettier-ignore
}

describe("properties of MQTT 5.0", () => {
  test.each(BAD_PROPERTIES)("%s in a message or a will ends the connection, is counted, and reaches no subscriber", async (_what, properties, reasonCode) => {
    const broker = await bareBroker();
    const { packets } = await expectRefused(broker, 5, true, publishWith(properties));
    expect((packets.at(-1) as IDisconnectPacket).reasonCode).toBe(reasonCode);
    await expectRefused(broker, 5, false, willWith(properties));
    expect(await retainedIn(broker)).toEqual([]);
  }); // prettier-ignore

  test.skipIf(missing(MOSQUITTO_CLIENTS, "mosquitto_pub and mosquitto_sub"))("properties sent by others never disconnect mosquitto_sub on #", async () => {
    const broker = await bareBroker();
    await expectUnharmed(broker, "mqttv5", async () => {
      for (const [, properties] of BAD_PROPERTIES) {
        await expectRefused(broker, 5, true, publishWith(properties));
        await expectRefused(broker, 5, false, willWith(properties));
      }
    });
  }); // prettier-ignore

  test("valid properties reach subscribers with the message or the will", async () => {
    const { url, rejected } = await bareBroker();
    const reader = await connected(url, "reader", { protocolVersion: 5 });
    reader.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "t", qos: 0 }] });
    await reader.answer("suback");
    const sender = raw(url, { version: 5 });
    sender.sendBytes(willWith(Buffer.concat([GOOD_PROPERTIES, Buffer.from("1800000000", "hex")])));
    sender.sendBytes(publishWith(Buffer.concat([GOOD_PROPERTIES, Buffer.from("230001", "hex")])));
    await sender.processed();
    sender.socket.destroy();
    const messages = (): IPublishPacket[] => reader.packets.filter((packet) => packet.cmd === "publish");
    await eventually(() => messages().length === 2, { what: "message and will" });
    const expected = { payloadFormatIndicator: true, contentType: "t", responseTopic: "r", correlationData: Buffer.from("xc"), userProperties: { ü: ["👍", "2"] } }; // prettier-ignore
    for (const { properties } of messages()) {
      const { messageExpiryInterval, ...rest } = properties!;
      expect([254, 255]).toContain(messageExpiryInterval);
      expect({ ...rest, userProperties: { ...rest.userProperties } }).toEqual(expected);
    }
    expect(rejected).toEqual([]);
  });
});
