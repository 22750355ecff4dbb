/** Tests that malformed packets end their connection, are counted, and reach no subscriber. */
import type { IConnackPacket, IDisconnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { RetainedLog } from "../../../server/src/storage/retained-log.js";
import { openDataFolder } from "../../../server/src/storage/data-folder.js";
import { missing, MOSQUITTO_CLIENTS } from "../../support/programs.js";
import { bareBroker } from "../support/bare-broker.js";
import { field, frame, raw } from "../support/raw.js";
import { expectRefused, expectUnharmed, retainedIn } from "../support/refused.js";
import { temporaryFolder } from "../support/server.js";

const VERSIONS = [4, 5] as const;
type Version = (typeof VERSIONS)[number];

interface ConnectFields {
  readonly clientId?: string | Buffer;
  readonly willTopic?: string | Buffer;
  readonly username?: string | Buffer;
}

/** CONNECT with any bytes in its strings; its will is retained. */
function connect(version: Version, { clientId = "x", willTopic, username }: ConnectFields): Buffer {
  const flags = 0x02 | (willTopic === undefined ? 0 : 0x24) | (username === undefined ? 0 : 0x80);
  const properties = version === 5 ? [0] : [];
  const will = willTopic === undefined ? [] : [...properties, field(willTopic), field("gone")];
  const user = username === undefined ? [] : [field(username)];
  return frame(0x10, field("MQTT"), version, flags, 0, 60, ...properties, field(clientId), ...will, ...user);
}

function publish(version: Version, topic: string | Buffer): Buffer {
  return frame(0x31, field(topic), ...(version === 5 ? [0] : []), Buffer.from("x"));
}

function subscribe(version: Version, filter: string | Buffer): Buffer {
  return frame(0x82, 0, 1, ...(version === 5 ? [0] : []), field(filter), 1);
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

/** Packet fields that contain a string, whether the client must be connected first, and a function that encodes the packet. */
const PLACES: readonly [place: string, isConnected: boolean, bytes: (version: Version, text: Buffer) => Buffer][] = [
  ["client id", false, (version, clientId) => connect(version, { clientId })],
  ["will topic", false, (version, willTopic) => connect(version, { willTopic })],
  ["user name", false, (version, username) => connect(version, { username })],
  ["topic of PUBLISH", true, publish],
  ["topic filter of SUBSCRIBE", true, subscribe],
];

describe.each(VERSIONS)("with protocol level %i", (version) => {
  test.each(PLACES)("a %s that is not a valid MQTT string ends the connection, is counted, and reaches no subscriber", async (_place, isConnected, bytes) => {
    const broker = await bareBroker();
    for (const [what, text] of BAD_STRINGS) {
      const { packets } = await expectRefused(broker, version, isConnected, bytes(version, text));
      const farewell = packets.at(-1) as IDisconnectPacket | undefined;
      if (isConnected && version === 5) expect([what, farewell?.reasonCode]).toEqual([what, 0x81]);
    }
    expect(await retainedIn(broker)).toEqual([]);
  }); // prettier-ignore

  test("a client with a will of QoS 3 is refused", async () => {
    const bytes = connect(version, { willTopic: "t" });
    bytes[9] |= 0x18;
    await expectRefused(await bareBroker(), version, false, bytes);
  });

  test.each(["", "a/+", "#", "a/#/b", "x+", "l/".repeat(120)])("a client with a will on %j is refused, and the will is never published", async (willTopic) => {
    const broker = await bareBroker();
    await expectRefused(broker, version, false, connect(version, { willTopic }));
    expect(await retainedIn(broker)).toEqual([]);
  }); // prettier-ignore

  test.each(["a#", "+a", "a+", "a+/b", "++", "+#", "/+x", "#/a", "", "l/".repeat(120)])("the topic filter %j ends the connection and is counted", async (filter) => {
    const broker = await bareBroker();
    const sender = await expectRefused(broker, version, true, subscribe(version, filter));
    expect(sender.packets.some(({ cmd }) => cmd === "suback")).toBe(false);
    if (version !== 5) return;
    const { reasonCode, properties } = await sender.answer("disconnect");
    expect(reasonCode).toBe(0x8f);
    expect(properties?.reasonString).toMatch(/filter/);
  }); // prettier-ignore

  test.each<[what: string, bytes: Buffer, reasonCode: number]>([
    ["a second CONNECT", connect(version, {}), 0x82],
    ["PUBLISH to a/#", publish(version, "a/#"), 0x90],
    ["PUBLISH to a topic of 120 levels", publish(version, "l/".repeat(120)), 0x90],
    ["PUBLISH with QoS 3", frame(0x36, field("a"), 0, 1, ...(version === 5 ? [0] : [])), 0x81],
    ["PUBLISH with the packet identifier 0", frame(0x32, field("a"), 0, 0, ...(version === 5 ? [0] : [])), 0x82],
    ["a packet that only servers send", frame(0x20, 0, 0), 0x82],
    ["a remaining length of five bytes", Buffer.from("30ffffffff01", "hex"), 0x81],
  ])("%s ends the connection and is counted", async (_what, bytes, code) => {
    const sender = await expectRefused(await bareBroker(), version, true, bytes);
    if (version !== 5) return;
    const { reasonCode, properties } = await sender.answer("disconnect");
    expect(reasonCode).toBe(code);
    expect(properties?.reasonString).toMatch(/\w+/);
  });

  test("PUBLISH to an empty topic ends the connection and is counted", async () => {
    await expectRefused(await bareBroker(), version, true, publish(version, ""));
  });

  test("packets before CONNECT end the connection and are counted, without an answer", async () => {
    const broker = await bareBroker();
    for (const bytes of [publish(version, "a"), subscribe(version, "#"), frame(0xc0), frame(0xe0), Buffer.from("GET / HTTP/1.1\r\n\r\n")]) {
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
  const { url, rejected } = await bareBroker();
  const sender = raw(url, { reading: false });
  let came = "";
  sender.socket.on("data", (bytes: Buffer) => (came += bytes.toString("hex")));
  sender.sendBytes(frame(0x10, field(name), level, 2, 0, 60, ...(level === 5 ? [0] : []), field("x")));
  await sender.ended();
  expect(came).toBe(answer);
  expect(rejected).toEqual([expect.stringMatching(/^malformed-packet .*protocol level/)]);
}); // prettier-ignore

test("retained messages on topics that make clients disconnect are dropped at the start of the broker, with a warning for each", async () => {
  const folder = await temporaryFolder();
  const data = await openDataFolder(folder);
  const log = new RetainedLog(data.retained, () => []);
  await log.load(() => {});
  const bad = ["", "a\0b", "a/+", "#", "a\u0007b", "l/".repeat(120)];
  for (const topic of [...bad, "good"]) log.add(topic, Buffer.from("x"), 1);
  log.writeBatch();
  await log.close();
  await data.close();

  const first = await bareBroker(undefined, { folder });
  expect(first.warnings).toHaveLength(bad.length);
  expect(first.warnings[1]).toMatch(/^Dropped the retained message on "a\\u0000b"/);
  expect(await retainedIn(first)).toEqual(["good"]);
  await first.close();
  const second = await bareBroker(undefined, { folder });
  expect(second.warnings).toEqual([]);
  expect(await retainedIn(second)).toEqual(["good"]);
});

describe.skipIf(missing(MOSQUITTO_CLIENTS, "mosquitto_pub and mosquitto_sub"))("mosquitto_sub", () => {
  test("mosquitto_sub on # stays connected whatever strings others send, and receives later messages", async () => {
    const broker = await bareBroker();
    await expectUnharmed(broker, "mqttv311", async () => {
      for (const version of VERSIONS) {
        for (const willTopic of ["", "a/+", "#"])
          await expectRefused(broker, version, false, connect(version, { willTopic }));
        for (const [, isConnected, bytes] of PLACES)
          for (const [, text] of BAD_STRINGS) await expectRefused(broker, version, isConnected, bytes(version, text));
      }
    });
  });
});

test("a valid CONNECT is accepted in each version, so the refusals above have the intended cause", async () => {
  const { url, rejected } = await bareBroker();
  for (const version of VERSIONS) {
    const sender = raw(url, { version });
    sender.sendBytes(connect(version, { willTopic: "ok/ü", username: "👍" }));
    const { returnCode, reasonCode } = (await sender.answer("connack")) as IConnackPacket;
    expect(returnCode ?? reasonCode).toBe(0);
    sender.sendBytes(publish(version, "ok/ü"));
    sender.sendBytes(subscribe(version, "+/ü"));
    await sender.answer("suback");
  }
  expect(rejected).toEqual([]);
});
