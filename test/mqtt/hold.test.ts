/** A broker that lost its memory acknowledges what nobody gets: publications wait until somebody is there. */
import mqtt, { type Packet as Oracle } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Counters } from "../../src/mqtt/counters.js";
import { PacketType } from "../../src/mqtt/packet.js";
import { Session } from "../../src/mqtt/session.js";

function started() {
  const owner = { report: (problem: string) => expect.fail(problem), delivered: () => {} };
  const session = new Session(8, { messages: 100, bytes: 10_000 }, new Counters(), owner);
  const sent: string[] = [];
  const parser = mqtt.parser();
  parser.on("packet", (packet: Oracle) => {
    if (packet.cmd === "publish") sent.push(packet.payload.toString() + (packet.dup ? " again" : ""));
  });
  const connect = (sessionPresent: boolean, hold = !sessionPresent) => {
    sent.length = 0;
    session.connect(sessionPresent, { send: (packet) => void parser.parse(packet) });
    if (hold) session.outbound.holding = true;
    session.outbound.resend(sessionPresent);
  };
  const publish = (text: string, retain = false) => session.outbound.publish("t", text, 1, retain);
  return { session, sent, connect, publish, outbound: session.outbound };
}

describe("a session that is held", () => {
  test("keeps back what was under way and what is published, and sends both in order when it is released", () => {
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

  test("sends what is retained at once: it waits at the broker for whoever comes", () => {
    const { sent, connect, publish } = started();
    connect(false);
    publish("reading");
    publish("status", true);
    expect(sent).toEqual(["status"]);
  });

  test("stays held over a reconnect, though the broker has a session by then", () => {
    const { session, sent, connect, publish, outbound } = started();
    connect(false);
    publish("one");
    session.disconnect();
    connect(true, false);
    expect(sent).toEqual([]);
    outbound.release();
    expect(sent).toEqual(["one"]);
  });

  test("does not wait for an acknowledgement of what it keeps back", () => {
    const { session, connect, publish, outbound } = started();
    connect(false);
    publish("one");
    expect(outbound.waiting()).toBe(false);
    outbound.release();
    expect(outbound.waiting()).toBe(true);
    session.receive({ type: PacketType.Puback, id: 1 });
    expect(outbound.waiting()).toBe(false);
  });
});
