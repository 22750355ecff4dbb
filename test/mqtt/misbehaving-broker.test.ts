/** Tests that a misbehaving broker never crashes a program with the MQTT client in DeviceScript's virtual machine. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Packet } from "mqtt-packet";
import { SimulatedBoard } from "../../sim/index.js";
import { eventually } from "../support/eventually.js";
import { compileClientProgram } from "./support/client-program.js";
import { ScriptedBroker, type Script } from "./support/scripted-broker.js";

const CLIENT_PROGRAM = "mqttclient";
/** Number of filters to which the test program subscribes by itself. */
const OWN_FILTERS = 7;
/** Deadline for an event on a board, in ms. */
const EVENT_DEADLINE = 20_000;

let broker: ScriptedBroker;
let board: SimulatedBoard;
let log: string[];

const waitForLog = (what: RegExp, within = EVENT_DEADLINE) =>
  eventually(() => log.find((line) => what.test(line)), { within, what: String(what) }).then(
    () => log.find((line) => what.test(line)) as string,
  );

/** Requests the message counters of the program, and returns the log line in which the program prints them. */
async function requestCounts(): Promise<string> {
  log = log.filter((line) => !line.startsWith("count "));
  broker.publish("vm/tell", "", 1);
  return waitForLog(/^count /);
}

async function startBoard(given: object, { speed = 1, isHostSilent = false } = {}): Promise<void> {
  log = [];
  const settings = { HOST: "127.0.0.1", PORT: broker.port, ...given };
  board = new SimulatedBoard({ id: "vm", bytecode: await compileClientProgram(CLIENT_PROGRAM), settings, speed });
  if (isHostSilent) board.network.cut({ how: "silent" });
  board.on("log", (_level, line) => log.push(line));
  await board.start();
}

async function startClient({
  script,
  ...settings
}: { script?: Script; INFLIGHT?: number; FILTERS?: number; MAXPACKET?: number } = {}) {
  broker = await ScriptedBroker.start();
  if (script) broker.script = script;
  await startBoard(settings);
  const subscriptions = OWN_FILTERS + (settings.FILTERS ?? 0);
  const areAllAcknowledged = () => broker.packetsOfType("subscribe").length >= subscriptions;
  await eventually(areAllAcknowledged, { within: EVENT_DEADLINE, what: "the subscriptions" });
}

const publishPacket = (messageId: number, topic = "vm/count", payload = `${messageId - 1}`): Packet => {
  return { cmd: "publish", topic, payload, qos: 2, messageId, dup: false, retain: false };
};
const repeat = <T>(count: number, item: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => item(n + 1));
/** Keeps the scripted broker from answering PUBREC with PUBREL, so that the test can send PUBREL itself. */
const suppressPubrel: Script = (packet) => packet.cmd === "pubrec";

beforeAll(async () => {
  await compileClientProgram(CLIENT_PROGRAM);
});

afterEach(async () => {
  await board.stop();
  await broker.close();
});

describe("messages of QoS 2", () => {
  it("are all handled once when 300 arrive in a burst", { timeout: 60_000 }, async () => {
    await startClient();
    for (let n = 0; n < 300; n++) broker.publish("vm/count", `${n}`, 2);
    await eventually(() => broker.packetsOfType("pubcomp").length === 300, {
      within: EVENT_DEADLINE,
      what: "all acknowledged",
    });
    expect(await requestCounts()).toMatch(/^count 300 wrong 0 /);
    expect(board.crashes).toBe(0);
  });

  it("may wait unreleased, 480 of them, before all PUBREL arrive at once", { timeout: 60_000 }, async () => {
    await startClient({ script: suppressPubrel });
    const [peer] = broker.peers;
    for (let first = 1; first <= 480; first += 16) {
      peer.send(...repeat(16, (n) => publishPacket(first + n - 1)));
      const hasMorePubrecs = () => broker.packetsOfType("pubrec").length === first + 15;
      await eventually(hasMorePubrecs, { within: EVENT_DEADLINE, what: "16 more messages" });
    }
    // Releases the last message first, which is the worst case for a list that is searched from its start.
    peer.send(...repeat(480, (n) => ({ cmd: "pubrel" as const, messageId: 481 - n })));
    await eventually(() => broker.packetsOfType("pubcomp").length === 480, { within: EVENT_DEADLINE, what: "PUBCOMP" });
    expect(await requestCounts()).toMatch(/^count 480 wrong 0 .* connects 1 /);
    expect(board.crashes).toBe(0);
  });

  it("that are never released, 600 of them, end the connection with a report", { timeout: 60_000 }, async () => {
    await startClient({ script: suppressPubrel });
    const [peer] = broker.peers;
    for (let first = 1; first <= 512; first += 16) {
      peer.send(...repeat(16, (n) => publishPacket(first + n - 1)));
      const hasMorePubrecs = () => broker.packetsOfType("pubrec").length >= first + 15;
      await eventually(hasMorePubrecs, { within: EVENT_DEADLINE, what: "16 more messages" });
    }
    peer.send(...repeat(88, (n) => publishPacket(512 + n)));
    await waitForLog(/^disconnected: the broker does not release messages of QoS 2, 512 of them/);
    expect(board.crashes).toBe(0);
  });
});

describe("publications", () => {
  it.each([1, 2])("of QoS %i: 64 in flight may be acknowledged in one segment", { timeout: 60_000 }, async (qos) => {
    const waiting: number[] = [];
    const script: Script = (packet, peer) => {
      if (packet.cmd !== "publish") return false;
      waiting.push(packet.messageId as number);
      if (waiting.length < 64) return true;
      const cmd = qos === 1 ? "puback" : "pubrec";
      peer.send(...waiting.splice(0).map((messageId) => ({ cmd, messageId }) as Packet));
      return true;
    };
    await startClient({ script, INFLIGHT: 64 });
    for (let round = 1; round <= 3; round++) {
      broker.publish(`vm/publish/${qos}`, "70", 1);
      const areAllAccepted = () => log.filter((line) => line === "accepted 64").length === round;
      await eventually(areAllAccepted, { within: EVENT_DEADLINE, what: "64 accepted publications" });
      const answers = qos === 1 ? "publish" : "pubrel";
      await eventually(() => broker.packetsOfType(answers).length === 64 * round, {
        within: EVENT_DEADLINE,
        what: answers,
      });
      expect(await requestCounts()).toContain(`connects 1 delivered ${64 * round}`);
    }
    expect(board.crashes).toBe(0);
  });
});

describe("topics", () => {
  it("of 2,000 levels, in a burst, are compared with every filter", { timeout: 60_000 }, async () => {
    await startClient({ FILTERS: 10 });
    for (let n = 0; n < 30; n++)
      broker.peers[0].send({ ...publishPacket(0, "vm" + "/a".repeat(1000)), qos: 0 } as Packet);
    expect(await requestCounts()).toMatch(/^count 0 wrong 0 received 31 dropped 0 skipped 0 connects 1 /);
    expect(board.crashes).toBe(0);
  });
});

describe("a message of 8 KB, the largest maxPacket", () => {
  it.each([
    ["payload", "vm/big", "x".repeat(8000)],
    ["topic", "\ufffd".repeat(2700), ""],
  ])("may consist of its %s", { timeout: 60_000 }, async (_, topic, payload) => {
    await startClient({ MAXPACKET: 8192 });
    for (let n = 0; n < 5; n++) {
      broker.peers[0].send({ ...publishPacket(0, topic, payload), qos: 0 } as Packet);
      expect(await requestCounts()).toContain(`received ${2 * n + 2} dropped 0 skipped 0 connects 1 `);
    }
    expect(board.crashes).toBe(0);
  });
});

describe("a program with 64 subscriptions", () => {
  it("subscribes to all of them, again and again", { timeout: 60_000 }, async () => {
    await startClient({ FILTERS: 64 - OWN_FILTERS });
    for (let round = 2; round <= 3; round++) {
      broker.peers.at(-1)?.socket.resetAndDestroy();
      const areAllSubscribed = () => broker.packetsOfType("subscribe").length === 64 * round;
      await eventually(areAllSubscribed, { within: EVENT_DEADLINE, what: "the subscriptions" });
    }
    expect(await requestCounts()).toMatch(/connects 3 /);
    expect(board.crashes).toBe(0);
  });
});

describe("a broker that accepts a connection and closes it at once", () => {
  it("is tried less and less often: at most eight times in 30 s", { timeout: 60_000 }, async () => {
    const speed = 10;
    broker = await ScriptedBroker.start();
    const times: number[] = [];
    broker.script = (packet, peer) => {
      if (packet.cmd === "connect") times.push(performance.now());
      if (packet.cmd === "subscribe") peer.socket.destroy();
      return packet.cmd === "subscribe";
    };
    await startBoard({}, { speed });
    await eventually(() => times.length > 0, { within: EVENT_DEADLINE, what: "the first connection" });
    const end = times[0] + 30_000 / speed;
    await eventually(() => performance.now() > end, { within: EVENT_DEADLINE, what: "30 s of the board" });
    // leaves out later connections, because on a busy machine this line runs late
    expect(times.filter((time) => time <= end).length).toBeLessThanOrEqual(8);
    await waitForLog(/^problem: another client may be using the client identifier vm/);
    expect(board.crashes).toBe(0);
  });
});

describe("a host that does not answer for 60 s", () => {
  it(
    "is tried one attempt after the other, and a board is connected soon afterwards",
    { timeout: 60_000 },
    async () => {
      const speed = 20;
      broker = await ScriptedBroker.start();
      await startBoard({}, { speed, isHostSilent: true });
      const since = performance.now();
      await eventually(() => performance.now() - since > 60_000 / speed, {
        within: EVENT_DEADLINE,
        what: "60 s of the board",
      });
      const before = broker.peers.length;
      board.network.heal();
      await waitForLog(/^connected false/);
      expect(before).toBeLessThanOrEqual(1);
      expect(broker.peers.length - before).toBeLessThanOrEqual(2);
    },
  );
});
