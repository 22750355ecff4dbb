/**
 * Tests that the client holds its publications after the broker lost all sessions, until the application releases them.
 * Otherwise the broker would acknowledge and discard messages whose receivers have not subscribed again.
 */
import mqtt, { type Packet as Oracle } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Counters } from "../../packages/devicescript-mqtt/src/counters.js";
import { PacketType } from "../../packages/devicescript-mqtt/src/packet.js";
import { Session } from "../../packages/devicescript-mqtt/src/session.js";

function started() {
  const owner = { report: (problem: string) => expect.fail(problem), delivered: () => {} };
  const session = new Session(8, { messages: 100, bytes: 10_000 }, new Counters(), owner, { millis: () => 5 });
  const sent: string[] = [];
  const parser = mqtt.parser();
  parser.on("packet", (packet: Oracle) => {
    if (packet.cmd === "publish") sent.push(packet.payload.toString() + (packet.dup ? " again" : ""));
  });
  const connect = (sessionPresent: boolean, hold = !sessionPresent) => {
    sent.length = 0;
    session.connect(sessionPresent, { send: (packet) => void parser.parse(packet) });
    if (hold) session.outbound.holdsPublications = true;
    session.outbound.resend(sessionPresent);
  };
  const publish = (text: string, retain = false) => session.outbound.publish("t", text, 1, retain);
  return { session, sent, connect, publish, outbound: session.outbound };
}

describe("a session that is held", () => {
  test("holds in-flight and new publications, and sends both in order after release", () => {
    const { session, sent, connect, publish, outbound } = started();
    connect(true);
    publish("one");
    session.disconnect();
    connect(false);
    publish("two");
    expect(sent).toEqual([]);
    outbound.release();
    expect(sent).toEqual(["one again", "two"]);
    publish("three");
    expect(sent.at(-1)).toBe("three");
  });

  test("sends retained messages at once, because the broker stores them for later subscribers", () => {
    const { sent, connect, publish } = started();
    connect(false);
    publish("reading");
    publish("status", true);
    expect(sent).toEqual(["status"]);
  });

  test("stays held over a reconnect, although the broker then has a session", () => {
    const { session, sent, connect, publish, outbound } = started();
    connect(false);
    publish("one");
    session.disconnect();
    connect(true, false);
    expect(sent).toEqual([]);
    outbound.release();
    expect(sent).toEqual(["one"]);
  });

  test("does not wait for acknowledgments of held publications", () => {
    const { session, connect, publish, outbound } = started();
    connect(false);
    publish("one");
    expect(outbound.oldestUnacknowledged()).toBe(Infinity);
    outbound.release();
    expect(outbound.oldestUnacknowledged()).toBe(5);
    session.receive({ type: PacketType.Puback, id: 1 });
    expect(outbound.oldestUnacknowledged()).toBe(Infinity);
  });
});
