/** Fuzz tests of the broker's port: random bytes neither delay the answers to a board nor log in without an account. */
import net from "node:net";
import { generate, type Packet } from "mqtt-packet";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { getTestSeed } from "../support/seed.js";
import { loginOf, startBrokerWithAccounts, type BrokerWithAccounts } from "./support/guarded.js";
import { createConnectPacket } from "./support/raw.js";
import { connectClient, type TestClient } from "./support/server.js";

const USERS = { boss: "admin", porch: { device: "nightlight/porch" } } as const;

/** Returns a seeded random number generator (Mulberry32) of integers from 0 to `below` - 1. */
function createRandom(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Sends raw bytes and returns what the broker sends back. Resolves when the connection closes, or after `rest` ms. */
function sendBytes(url: string, bytes: Buffer, rest = 250, signal?: AbortSignal): Promise<Buffer> {
  return new Promise((resolve) => {
    const options = { port: Number(new URL(url).port), host: "127.0.0.1", signal };
    const socket = net.connect(options, () => socket.write(bytes));
    const came: Buffer[] = [];
    socket.on("data", (chunk) => came.push(chunk)).on("error", () => {});
    socket.setTimeout(rest, () => socket.destroy());
    socket.on("close", () => resolve(Buffer.concat(came)));
  });
}

/**
 * Starts a board that sends readings until `end` is called. `end` returns the number of readings, and throws if the
 * answer to a reading took too long.
 */
async function startBoard({ url }: BrokerWithAccounts): Promise<{ device: TestClient; end(): Promise<number> }> {
  const device = await connectClient(url, loginOf("porch"), "nightlight/porch/commands");
  let going = true;
  let rounds = 0;
  const sendLoop = (async () => {
    while (going) {
      await device.publishAsync("nightlight/porch/telemetry", String(++rounds), { qos: 1 });
      await eventually(() => device.got.length === rounds, { what: `answer ${rounds}` });
    }
  })();
  sendLoop.catch(() => {});
  return {
    device,
    async end() {
      going = false;
      await sendLoop;
      return rounds;
    },
  };
}

const WRONG_LOGIN = generate(createConnectPacket("x", { username: "boss", password: Buffer.from("wrong") }));
const ANONYMOUS_CONNECT = generate(createConnectPacket("x"));
const FORBIDDEN_PACKETS: Packet[] = [
  { cmd: "publish", topic: "nightlight/porch/commands", payload: "evil", qos: 0, retain: true, dup: false },
  {
    cmd: "publish",
    topic: "nightlight/porch/telemetry",
    payload: "evil",
    qos: 1,
    messageId: 1,
    retain: false,
    dup: false,
  },
  { cmd: "subscribe", messageId: 2, subscriptions: [{ topic: "#", qos: 1 }] },
];
const FORBIDDEN_BYTES = Buffer.concat(FORBIDDEN_PACKETS.map((packet) => generate(packet)));

test("the broker survives garbage, truncated packets, wrong lengths and packets out of order", async () => {
  const broker = await startBrokerWithAccounts(USERS);
  const { end } = await startBoard(broker);
  const below = createRandom(getTestSeed());
  const drawRandomBytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));
  const whole = [
    WRONG_LOGIN,
    ANONYMOUS_CONNECT,
    FORBIDDEN_BYTES,
    ...FORBIDDEN_PACKETS.map((packet) => generate(packet)),
  ];
  const made: Buffer[] = [
    FORBIDDEN_BYTES,
    Buffer.concat([ANONYMOUS_CONNECT, FORBIDDEN_BYTES]),
    Buffer.concat([WRONG_LOGIN, FORBIDDEN_BYTES]),
    Buffer.concat([WRONG_LOGIN, WRONG_LOGIN, FORBIDDEN_BYTES]),
    // adds a header that announces 256 MB, a remaining length of too many bytes, and a CONNECT above the size limit
    Buffer.from("10ffffff7f", "hex"),
    Buffer.from("10ffffffffffff", "hex"),
    Buffer.concat([Buffer.from("10809f49", "hex"), Buffer.alloc(300_000, "M")]),
    // adds CONNECT packets with a user name longer than the packet, an empty protocol name, and protocol version 255
    Buffer.from("101000044d51545404c2003c000141ffff61", "hex"),
    Buffer.from("100400000400", "hex"),
    Buffer.from("100c00044d515454ff02003c0000", "hex"),
    Buffer.from("GET /mqtt HTTP/1.1\r\nhost: x\r\n\r\n"),
    Buffer.from("160301020001", "hex"),
  ];
  for (let n = 0; n < 250; n++) {
    const base = whole[below(whole.length)];
    const cut = base.subarray(0, below(base.length + 1));
    const broken = Buffer.from(base);
    for (let flips = 1 + below(4); flips > 0; flips--) broken[below(broken.length)] = below(256);
    made.push(
      [
        drawRandomBytes(1 + below(200)),
        cut,
        broken,
        Buffer.concat([broken, FORBIDDEN_BYTES]),
        Buffer.concat([cut, drawRandomBytes(20)]),
      ][below(5)],
    );
  }
  for (let from = 0; from < made.length; from += 30) {
    const answers = await Promise.all(made.slice(from, from + 30).map((bytes) => sendBytes(broker.url, bytes)));
    for (const answer of answers)
      // the broker sends nothing but a CONNACK with a refusal to a client without a login
      if (answer.length > 0) expect(answer.toString("hex")).toMatch(/^200200(?!00)0[1-6]$/);
  }
  expect(await end()).toBeGreaterThan(10);
  expect(broker.got.filter(([, text]) => text === "evil")).toEqual([]);
});

test("the broker survives a thousand connections of all kinds at once", async () => {
  const broker = await startBrokerWithAccounts(USERS);
  const { end } = await startBoard(broker);
  const below = createRandom(getTestSeed());
  const kinds = [
    ANONYMOUS_CONNECT,
    WRONG_LOGIN,
    Buffer.concat([ANONYMOUS_CONNECT, FORBIDDEN_BYTES]),
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    ANONYMOUS_CONNECT.subarray(0, 5),
    Buffer.alloc(0),
  ];
  const answers = await Promise.all(
    Array.from({ length: 1000 }, () => sendBytes(broker.url, kinds[below(kinds.length)], 1500)),
  );
  for (const answer of answers) if (answer.length > 0) expect(answer[3]).not.toBe(0);
  expect(await end()).toBeGreaterThan(3);
  expect(broker.got.filter(([, text]) => text === "evil")).toEqual([]);
  await eventually(() => broker.broker.stats.clients === 1, { what: "the other clients to disconnect" });
});

test("the broker disconnects clients that send one byte at a time, and they delay nobody", async () => {
  const broker = await startBrokerWithAccounts(USERS, { patience: 1000 });
  const { end } = await startBoard(broker);
  const closed: number[] = [];
  const from = performance.now();
  for (let n = 0; n < 100; n++) {
    const socket = net.connect(Number(new URL(broker.url).port), "127.0.0.1");
    let sent = 0;
    const drip = setInterval(() => socket.write(WRONG_LOGIN.subarray(sent, ++sent)), 200);
    socket
      .on("error", () => {})
      .on("close", () => {
        clearInterval(drip);
        closed.push(performance.now() - from);
      });
    onTestFinished(() => void socket.destroy());
  }
  await eventually(() => closed.length === 100, { what: "all to be closed" });
  expect(Math.min(...closed)).toBeGreaterThan(900);
  expect(await end()).toBeGreaterThan(3);
});

test("the broker checks few of hundreds of wrong passwords and refuses the rest, while correct logins succeed", async () => {
  const broker = await startBrokerWithAccounts(USERS);
  const { end } = await startBoard(broker);
  const start = performance.now();
  const guesses = Array.from({ length: 400 }, async (_, n) => {
    const username = n % 2 ? "boss" : `user-${n}`;
    const guess = createConnectPacket(`g${n}`, { username, password: Buffer.from(`guess ${n}`) });
    return sendBytes(broker.url, generate(guess), 60_000);
  });
  for (let n = 0; n < 10; n++)
    await (await connectClient(broker.url, { ...loginOf("boss"), clientId: `boss ${n}` })).endAsync();
  const returnCodes = (await Promise.all(guesses)).map((answer) => {
    expect(answer.toString("hex")).toMatch(/^200200/);
    return answer[3];
  });
  // The throttle allows five attempts at once, and then doubles the delay after each failure, from 1 s on. So at most
  // eight passwords are checked within 7 s.
  const seconds = Math.max(7, (performance.now() - start) / 1000);
  const checked = returnCodes.filter((code) => code === 4).length;
  expect(checked).toBeGreaterThan(0);
  expect(checked).toBeLessThanOrEqual(5 + Math.floor(Math.log2(seconds + 1)));
  expect(returnCodes.filter((code) => code === 3)).toHaveLength(400 - checked);
  expect(await end()).toBeGreaterThan(3);
});
