import mqtt, { type Packet as Oracle } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Backoff } from "../../packages/devicescript-mqtt/src/backoff.js";
import { Counters } from "../../packages/devicescript-mqtt/src/counters.js";
import { PacketType, type Publish, type QoS } from "../../packages/devicescript-mqtt/src/packet.js";
import { Session } from "../../packages/devicescript-mqtt/src/session.js";

/** Creates a connected session that records the packets it sends. */
function createConnectedSession(): { session: Session; sent: Oracle[]; reconnect: (sessionPresent: boolean) => void } {
  const owner = {
    report: (problem: string) => expect.fail(problem),
    delivered: (done: (delivered: boolean) => void) => done(true),
  };
  const session = new Session(8, { messages: 1000, bytes: 100_000 }, new Counters(), owner, { millis: () => 0 });
  const sent: Oracle[] = [];
  const parser = mqtt.parser();
  parser.on("packet", (packet) => sent.push(packet));
  const reconnect = (sessionPresent: boolean) =>
    session.connect(sessionPresent, { send: (packet) => void parser.parse(packet) });
  reconnect(false);
  return { session, sent, reconnect };
}

function publishPacket(id: number, qos: QoS, dup = false): Publish {
  const payload = Buffer.from(`${id}`);
  return { type: PacketType.Publish, id, topic: "t", payload, qos, retain: false, dup, skipped: 0 };
}

describe("packet identifiers", () => {
  it("are never reused while in flight, and wrap at 65,535", () => {
    const { session, sent } = createConnectedSession();
    session.outbound.publish("t", "stays", 2, false);
    session.outbound.request("f", 1);
    const used = new Set<number>();
    for (let n = 0; n < 140_000; n++) {
      session.outbound.publish("t", "", 1, false);
      const id = sent[sent.length - 1].messageId as number;
      // Identifiers 1 and 2 stay in flight, so the session must not reuse them.
      if (id < 3 || id > 65_535) throw new Error(`identifier ${id}`);
      used.add(id);
      session.receive({ type: PacketType.Puback, id });
      sent.length = 0;
    }
    expect(used.size).toBe(65_533);
    expect(session.outbound.freeSlots).toBe(7);
  });
});

describe("acknowledgments with unknown identifiers", () => {
  it("have no effect, but PUBREC and PUBREL are answered so that the broker can finish", () => {
    const { session, sent } = createConnectedSession();
    session.outbound.publish("t", "", 1, false);
    session.outbound.publish("t", "", 2, false);
    sent.length = 0;
    for (const [type, id] of [
      [PacketType.Puback, 9],
      [PacketType.Puback, 2],
      [PacketType.Pubcomp, 1],
      [PacketType.Pubcomp, 2],
      [PacketType.Pubrec, 1],
      [PacketType.Unsuback, 1],
    ] as const)
      expect(session.receive({ type, id })).toBe("");
    expect(sent).toEqual([]);
    expect(session.outbound.freeSlots).toBe(6);
    session.receive({ type: PacketType.Pubrec, id: 9 });
    session.receive({ type: PacketType.Pubrel, id: 9 });
    expect(sent.map((p) => [p.cmd, p.messageId])).toEqual([
      ["pubrel", 9],
      ["pubcomp", 9],
    ]);
  });
});

describe("messages of QoS 2", () => {
  it("that a broker never releases end the connection before they fill the memory", () => {
    const { session } = createConnectedSession();
    let problem = "";
    let accepted = 0;
    for (let id = 1; id <= 1000 && !problem; id++) {
      problem = session.receive(publishPacket(id, 2));
      if (problem) break;
      accepted++;
      session.inbound.take();
      session.inbound.handled();
    }
    expect(accepted).toBe(512);
    expect(problem).toMatch(/does not release messages of QoS 2/);
  });

  it("are handled once before PUBREL, however often they arrive, and again after it", () => {
    const { session, sent } = createConnectedSession();
    session.receive(publishPacket(5, 2));
    session.receive(publishPacket(5, 2, true));
    expect(session.inbound.take()?.id).toBe(5);
    session.receive(publishPacket(5, 2, true));
    session.inbound.handled();
    session.receive(publishPacket(5, 2, true));
    expect(session.inbound.take()).toBeUndefined();
    session.receive({ type: PacketType.Pubrel, id: 5 });
    session.receive(publishPacket(5, 2));
    expect(session.inbound.take()?.id).toBe(5);
    expect(sent.map((p) => p.cmd)).toEqual(["pubrec", "pubrec", "pubcomp"]);
  });
});

describe("messages of QoS 1 whose handler finishes after the connection broke", () => {
  it("are acknowledged when the broker resends them, and not handled again", () => {
    for (const reconnectFirst of [true, false]) {
      const { session, sent, reconnect } = createConnectedSession();
      session.receive(publishPacket(7, 1));
      session.inbound.take();
      session.disconnect();
      if (reconnectFirst) reconnect(true);
      session.inbound.handled();
      if (!reconnectFirst) reconnect(true);
      expect(sent).toEqual([]);
      session.receive(publishPacket(7, 1, true));
      expect(session.inbound.take()).toBeUndefined();
      expect(sent.map((p) => [p.cmd, p.messageId])).toEqual([["puback", 7]]);
      // A PUBLISH without DUP is a new message, even with the same identifier.
      session.receive(publishPacket(7, 1));
      expect(session.inbound.take()?.id).toBe(7);
    }
  });

  it("are not acknowledged to a broker that lost the session, because the identifier may be reused", () => {
    const { session, sent, reconnect } = createConnectedSession();
    session.receive(publishPacket(7, 1));
    session.receive(publishPacket(8, 2));
    session.inbound.take();
    session.disconnect();
    reconnect(false);
    session.inbound.handled();
    expect(session.inbound.take()?.payload.toString()).toBe("8");
    session.inbound.handled();
    expect(sent).toEqual([]);
    session.receive(publishPacket(7, 1, true));
    session.receive(publishPacket(8, 2, true));
    expect(session.inbound.take()?.id).toBe(7);
    expect(session.inbound.take()?.id).toBe(8);
  });
});

describe("the backoff", () => {
  const rangeOf = (wait: () => number) => {
    const waits = Array.from({ length: 1000 }, wait);
    return [Math.min(...waits), Math.max(...waits)];
  };

  it("stays below 1.5 s while no broker can be reached, so that the board is back soon after the network", () => {
    const backoff = new Backoff(1000, 30_000);
    const [least, most] = rangeOf(() => backoff.unreachable());
    expect(least).toBeGreaterThanOrEqual(500);
    expect(least).toBeLessThan(600);
    expect(most).toBeGreaterThan(1400);
    expect(most).toBeLessThanOrEqual(1500);
  });

  it("grows to the maximum while connections end at once, and starts again after one that lasted", () => {
    const backoff = new Backoff(1000, 30_000);
    for (let n = 0; n < 3; n++) expect(backoff.ended(0)).toBeLessThanOrEqual(1000);
    for (let n = 0; n < 10; n++) backoff.ended(2999);
    const [least, most] = rangeOf(() => backoff.ended(0));
    expect(least).toBeGreaterThanOrEqual(15_000);
    expect(most).toBeLessThanOrEqual(30_000);
    expect(most).toBeGreaterThan(25_000);
    backoff.unreachable();
    backoff.noAnswer();
    expect(backoff.refused()).toBeGreaterThanOrEqual(15_000);
    expect(backoff.ended(3000)).toBeLessThanOrEqual(1500);
    expect(backoff.ended(0)).toBeLessThanOrEqual(1000);
  });

  it("stays below 4 s while the broker behind a proxy restarts", () => {
    const backoff = new Backoff(1000, 30_000);
    expect(backoff.noAnswer()).toBeLessThanOrEqual(1000);
    expect(backoff.noAnswer()).toBeLessThanOrEqual(2000);
    const [least, most] = rangeOf(() => backoff.noAnswer());
    expect(least).toBeGreaterThanOrEqual(2000);
    expect(most).toBeLessThanOrEqual(4000);
  });

  it("allows at most eight connections in 30 s that end at once", () => {
    for (let run = 0; run < 200; run++) {
      const backoff = new Backoff(1000, 30_000);
      let connections = 0;
      for (let now = 0; now <= 30_000; now += backoff.ended(0)) connections++;
      expect(connections).toBeLessThanOrEqual(8);
    }
  });
});
