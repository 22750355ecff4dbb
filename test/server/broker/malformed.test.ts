/** Tests that malformed packets end their connection, are counted, and reach no subscriber. */
import type { IConnackPacket, IDisconnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { RetainedLog } from "../../../server/src/storage/retained-log.js";
import { openDataFolder } from "../../../server/src/storage/data-folder.js";
import { isMissing, MOSQUITTO_CLIENTS } from "../../support/programs.js";
import { startBareBroker } from "../support/bare-broker.js";
import { encodeField, encodePacket, openRawClient } from "../support/raw.js";
import { expectRefused, expectUnharmed, readRetainedTopics } from "../support/refused.js";
import { createTemporaryFolder } from "../support/server.js";

const VERSIONS = [4, 5] as const;
type Version = (typeof VERSIONS)[number];

interface ConnectFields {
  readonly clientId?: string | Buffer;
  readonly willTopic?: string | Buffer;
  readonly username?: string | Buffer;
}

/** Encodes a CONNECT packet with arbitrary bytes in its strings. The will is retained. */
function encodeConnect(version: Version, { clientId = "x", willTopic, username }: ConnectFields): Buffer {
  const flags = 0x02 | (willTopic === undefined ? 0 : 0x24) | (username === undefined ? 0 : 0x80);
  const properties = version === 5 ? [0] : [];
  const will = willTopic === undefined ? [] : [...properties, encodeField(willTopic), encodeField("gone")];
  const user = username === undefined ? [] : [encodeField(username)];
  return encodePacket(
    0x10,
    encodeField("MQTT"),
    version,
    flags,
    0,
    60,
    ...properties,
    encodeField(clientId),
    ...will,
    ...user,
  );
}

function encodePublish(version: Version, topic: string | Buffer): Buffer {
  return encodePacket(0x31, encodeField(topic), ...(version === 5 ? [0] : []), Buffer.from("x"));
}

function encodeSubscribe(version: Version, filter: string | Buffer): Buffer {
  return encodePacket(0x82, 0, 1, ...(version === 5 ? [0] : []), encodeField(filter), 1);
}

/** Invalid MQTT strings, each with the name of its error. */
const BAD_STRINGS: readonly [what: string, bytes: Buffer][] = [
  ["NUL", Buffer.from("a\0b")],
  ["a control character", Buffer.from("a\u0007b")],
  ["DEL", Buffer.from("a\u007fb")],
  ["a C1 control character", Buffer.from("a\u0085b")],
  ["a non-character", Buffer.from("a\uffffb")],
  ["a byte that never occurs in UTF-8", Buffer.from("61ff62", "hex")],
  ["a sequence that is cut off", Buffer.from("61c3", "hex")],
  ["an overlong slash", Buffer.from("61c0af62", "hex")],
  ["an overlong NUL", Buffer.from("61c08062", "hex")],
  ["a surrogate", Buffer.from("61eda08062", "hex")],
  ["a code point above U+10FFFF", Buffer.from("61f490808062", "hex")],
];

/** Packet fields with a string: for each, whether the client connects first, and a function that encodes the packet. */
const STRING_FIELDS: readonly [
  place: string,
  isConnected: boolean,
  bytes: (version: Version, text: Buffer) => Buffer,
][] = [
  ["client id", false, (version, clientId) => encodeConnect(version, { clientId })],
  ["will topic", false, (version, willTopic) => encodeConnect(version, { willTopic })],
  ["user name", false, (version, username) => encodeConnect(version, { username })],
  ["topic of PUBLISH", true, encodePublish],
  ["topic filter of SUBSCRIBE", true, encodeSubscribe],
];

describe.each(VERSIONS)("with protocol level %i", (version) => {
  test.each(STRING_FIELDS)("a %s that is not a valid MQTT string ends the connection, is counted, and reaches no subscriber", async (_place, isConnected, bytes) => {
    const broker = await startBareBroker();
    for (const [what, text] of BAD_STRINGS) {
      const { packets } = await expectRefused(broker, version, isConnected, bytes(version, text));
      const farewell = packets.at(-1) as IDisconnectPacket | undefined;
      if (isConnected && version === 5) expect([what, farewell?.reasonCode]).toEqual([what, 0x81]);
    }
    expect(await readRetainedTopics(broker)).toEqual([]);
  }); // prettier-ignore

  test("a client with a will of QoS 3 is refused", async () => {
    const bytes = encodeConnect(version, { willTopic: "t" });
    bytes[9] |= 0x18;
    await expectRefused(await startBareBroker(), version, false, bytes);
  });

  test.each(["", "a/+", "#", "a/#/b", "x+", "l/".repeat(120)])("a client with a will on %j is refused, and the will is never published", async (willTopic) => {
    const broker = await startBareBroker();
    await expectRefused(broker, version, false, encodeConnect(version, { willTopic }));
    expect(await readRetainedTopics(broker)).toEqual([]);
  }); // prettier-ignore

  test.each(["a#", "+a", "a+", "a+/b", "++", "+#", "/+x", "#/a", "", "l/".repeat(120)])("the topic filter %j ends the connection and is counted", async (filter) => {
    const broker = await startBareBroker();
    const sender = await expectRefused(broker, version, true, encodeSubscribe(version, filter));
    expect(sender.packets.some(({ cmd }) => cmd === "suback")).toBe(false);
    if (version !== 5) return;
    const { reasonCode, properties } = await sender.waitForPacket("disconnect");
    expect(reasonCode).toBe(0x8f);
    expect(properties?.reasonString).toMatch(/filter/);
  }); // prettier-ignore

  test.each<[what: string, bytes: Buffer, reasonCode: number]>([
    ["a second CONNECT", encodeConnect(version, {}), 0x82],
    ["PUBLISH to a/#", encodePublish(version, "a/#"), 0x90],
    ["PUBLISH to a topic of 120 levels", encodePublish(version, "l/".repeat(120)), 0x90],
    ["PUBLISH with QoS 3", encodePacket(0x36, encodeField("a"), 0, 1, ...(version === 5 ? [0] : [])), 0x81],
    [
      "PUBLISH with the packet identifier 0",
      encodePacket(0x32, encodeField("a"), 0, 0, ...(version === 5 ? [0] : [])),
      0x82,
    ],
    ["a packet that only servers send", encodePacket(0x20, 0, 0), 0x82],
    ["a remaining length of five bytes", Buffer.from("30ffffffff01", "hex"), 0x81],
  ])("%s ends the connection and is counted", async (_what, bytes, code) => {
    const sender = await expectRefused(await startBareBroker(), version, true, bytes);
    if (version !== 5) return;
    const { reasonCode, properties } = await sender.waitForPacket("disconnect");
    expect(reasonCode).toBe(code);
    expect(properties?.reasonString).toMatch(/\w+/);
  });

  test("PUBLISH to an empty topic ends the connection and is counted", async () => {
    await expectRefused(await startBareBroker(), version, true, encodePublish(version, ""));
  });

  test("packets before CONNECT end the connection and are counted, without an answer", async () => {
    const broker = await startBareBroker();
    for (const bytes of [encodePublish(version, "a"), encodeSubscribe(version, "#"), encodePacket(0xc0), encodePacket(0xe0), Buffer.from("GET / HTTP/1.1\r\n\r\n")]) {
      const { packets } = await expectRefused(broker, version, false, bytes);
      expect(packets).toEqual([]);
    }
  }); // prettier-ignore
});

test.each<[name: string, level: number, answer: string]>([
  ["MQTT", 6, "20020001"],
  ["MQTT", 99, "20020001"],
  ["MQTT", 3, "20020001"],
  ["MQIsdp", 4, "20020001"],
  ["MQIsdp", 5, "2003008400"],
])("a client that asks for %s level %i receives the error code for an unsupported version, and is disconnected", async (name, level, answer) => {
  const { url, rejected } = await startBareBroker();
  const sender = openRawClient(url, { reading: false });
  let came = "";
  sender.socket.on("data", (bytes: Buffer) => (came += bytes.toString("hex")));
  sender.sendBytes(encodePacket(0x10, encodeField(name), level, 2, 0, 60, ...(level === 5 ? [0] : []), encodeField("x")));
  await sender.waitForClose();
  expect(came).toBe(answer);
  expect(rejected).toEqual([expect.stringMatching(/^malformed-packet .*protocol level/)]);
}); // prettier-ignore

test("retained messages on topics that make clients disconnect are dropped at the start of the broker, with a warning for each", async () => {
  const folder = await createTemporaryFolder();
  const data = await openDataFolder(folder);
  const log = new RetainedLog(data.retained, () => []);
  await log.load(() => {});
  const bad = ["", "a\0b", "a/+", "#", "a\u0007b", "l/".repeat(120)];
  for (const topic of [...bad, "good"]) log.add(topic, Buffer.from("x"), 1);
  log.writeBatch();
  await log.close();
  await data.close();

  const first = await startBareBroker(undefined, { folder });
  expect(first.warnings).toHaveLength(bad.length);
  expect(first.warnings[1]).toMatch(/^Dropped the retained message on "a\\u0000b"/);
  expect(await readRetainedTopics(first)).toEqual(["good"]);
  await first.close();
  const second = await startBareBroker(undefined, { folder });
  expect(second.warnings).toEqual([]);
  expect(await readRetainedTopics(second)).toEqual(["good"]);
});

describe.skipIf(isMissing(MOSQUITTO_CLIENTS, "mosquitto_pub and mosquitto_sub"))("mosquitto_sub", () => {
  test("mosquitto_sub on # stays connected whatever strings others send, and receives later messages", async () => {
    const broker = await startBareBroker();
    await expectUnharmed(broker, "mqttv311", async () => {
      for (const version of VERSIONS) {
        for (const willTopic of ["", "a/+", "#"])
          await expectRefused(broker, version, false, encodeConnect(version, { willTopic }));
        for (const [, isConnected, bytes] of STRING_FIELDS)
          for (const [, text] of BAD_STRINGS) await expectRefused(broker, version, isConnected, bytes(version, text));
      }
    });
  });
});

test("a valid CONNECT is accepted in each version, so the refusals above have the intended cause", async () => {
  const { url, rejected } = await startBareBroker();
  for (const version of VERSIONS) {
    const sender = openRawClient(url, { version });
    sender.sendBytes(encodeConnect(version, { willTopic: "ok/ü", username: "👍" }));
    const { returnCode, reasonCode } = (await sender.waitForPacket("connack")) as IConnackPacket;
    expect(returnCode ?? reasonCode).toBe(0);
    sender.sendBytes(encodePublish(version, "ok/ü"));
    sender.sendBytes(encodeSubscribe(version, "+/ü"));
    await sender.waitForPacket("suback");
  }
  expect(rejected).toEqual([]);
});
