/**
 * Tests that the client holds its publications after the broker lost all sessions, until the application releases them.
 * Otherwise the broker would acknowledge and discard messages whose receivers have not subscribed again.
 */
import mqtt, { type Packet as Oracle } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Counters } from "../../packages/devicescript-mqtt/src/counters.js";
import { PacketType } from "../../packages/devicescript-mqtt/src/packet.js";
import { Session } from "../../packages/devicescript-mqtt/src/session.js";

function createSession() {
  const owner = { report: (problem: string) => expect.fail(problem), delivered: () => {} };
  const session = new Session(8, { messages: 100, bytes: 10_000 }, new Counters(), owner, { millis: () => 5 });
  const sent: string[] = [];
  const parser = mqtt.parser();
  parser.on("packet", (packet: Oracle) => {
    if (packet.cmd === "publish") sent.push(packet.payload.toString() + (packet.dup ? " again" : ""));
  });
  const connectSession = (sessionPresent: boolean, hold = !sessionPresent) => {
    sent.length = 0;
    session.connect(sessionPresent, { send: (packet) => void parser.parse(packet) });
    if (hold) session.outbound.holdsPublications = true;
    session.outbound.resend(sessionPresent);
  };
  const publishAtQos1 = (text: string, retain = false) => session.outbound.publish("t", text, 1, retain);
  return { session, sent, connectSession, publishAtQos1, outbound: session.outbound };
}

describe("a session that is held", () => {
  test("holds in-flight and new publications, and sends both in order after release", () => {
    const { session, sent, connectSession, publishAtQos1, outbound } = createSession();
    connectSession(true);
    publishAtQos1("one");
    session.disconnect();
    connectSession(false);
    publishAtQos1("two");
    expect(sent).toEqual([]);
    outbound.release();
    expect(sent).toEqual(["one again", "two"]);
    publishAtQos1("three");
    expect(sent.at(-1)).toBe("three");
  });

  test("sends retained messages at once, because the broker stores them for later subscribers", () => {
    const { sent, connectSession, publishAtQos1 } = createSession();
    connectSession(false);
    publishAtQos1("reading");
    publishAtQos1("status", true);
    expect(sent).toEqual(["status"]);
  });

  test("stays held over a reconnect, although the broker then has a session", () => {
    const { session, sent, connectSession, publishAtQos1, outbound } = createSession();
    connectSession(false);
    publishAtQos1("one");
    session.disconnect();
    connectSession(true, false);
    expect(sent).toEqual([]);
    outbound.release();
    expect(sent).toEqual(["one"]);
  });

  test("does not wait for acknowledgments of held publications", () => {
    const { session, connectSession, publishAtQos1, outbound } = createSession();
    connectSession(false);
    publishAtQos1("one");
    expect(outbound.oldestUnacknowledged()).toBe(Infinity);
    outbound.release();
    expect(outbound.oldestUnacknowledged()).toBe(5);
    session.receive({ type: PacketType.Puback, id: 1 });
    expect(outbound.oldestUnacknowledged()).toBe(Infinity);
  });
});
