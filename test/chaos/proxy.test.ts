import { once } from "node:events";
import net from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { Proxy } from "./proxy.js";

/** One end of a connection. */
interface End {
  readonly socket: net.Socket;
  chunks: Buffer[];
  how?: "end" | "reset";
}

function watch(socket: net.Socket): End {
  const end: End = { socket, chunks: [] };
  socket.setNoDelay(true);
  socket.on("data", (data: Buffer) => end.chunks.push(data));
  socket.on("end", () => (end.how ??= "end"));
  socket.on("error", () => (end.how ??= "reset"));
  onTestFinished(() => void socket.destroy());
  return end;
}
const text = (end: End) => Buffer.concat(end.chunks).toString("latin1");
const says = (end: End, what: string) => eventually(() => text(end) === what, { what: `"${what.slice(0, 20)}"` });

/** A broker that keeps what it gets, the proxy before it, and a client through it. */
async function line() {
  const ends: End[] = [];
  const broker = net.createServer({ allowHalfOpen: true }, (socket) => ends.push(watch(socket))).listen(0, "127.0.0.1");
  await once(broker, "listening");
  const proxy = await Proxy.start((broker.address() as net.AddressInfo).port);
  onTestFinished(async () => {
    await proxy.close();
    broker.close();
  });
  const connect = () => watch(net.connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true }));
  const client = connect();
  await eventually(() => ends.length === 1, { what: "the connection" });
  return { proxy, client, server: ends[0], connect, ends };
}

describe("the proxy", () => {
  test("carries bytes both ways, and ends", async () => {
    const { client, server, proxy } = await line();
    client.socket.write("up");
    server.socket.write("down");
    await says(server, "up");
    await says(client, "down");
    client.socket.end("bye");
    await says(server, "upbye");
    server.socket.end("bye");
    await says(client, "downbye");
    await eventually(() => server.how === "end" && client.how === "end", { what: "the ends" });
    await eventually(() => proxy.open === 0, { what: "the proxy to forget it" });
  });

  test.each(["reset", "end"] as const)(
    "cuts both sides with a %s, and lets the next connection through",
    async (how) => {
      const { client, server, proxy, connect, ends } = await line();
      proxy.cut(how);
      await eventually(() => client.how === how && server.how === how, { what: "both ends" });
      connect().socket.write("again");
      await eventually(() => ends[1] && text(ends[1]) === "again", { what: "the next connection" });
    },
  );

  test("refuses connections until it is healed", async () => {
    const { client, proxy, connect, ends } = await line();
    await proxy.refuse();
    await eventually(() => client.how === "reset", { what: "the cut" });
    const refused = connect();
    await eventually(() => refused.how === "reset", { what: "the refusal" });
    expect(ends).toHaveLength(1);
    await proxy.heal();
    connect();
    await eventually(() => ends.length === 2, { what: "a connection on the same port" });
  });

  test("in a black hole bytes vanish both ways, nobody is told, and new connections hang", async () => {
    const { client, server, proxy, connect, ends } = await line();
    proxy.blackHole();
    client.socket.write("lost");
    server.socket.write("lost too");
    const late = connect();
    await once(late.socket, "connect");
    late.socket.write("hello?");
    await eventually(() => ends.length === 2, { what: "the late connection" });
    // a full turn of all sockets: what was to arrive would have
    const other = await line();
    other.client.socket.write("through");
    await says(other.server, "through");
    expect([client, server, late].map((end) => [text(end), end.how])).toEqual(Array(3).fill(["", undefined]));
    await proxy.heal();
    await eventually(() => client.how === "reset" && late.how === "reset", { what: "the resets of those with holes" });
    connect().socket.write("fine");
    await eventually(() => ends[2] && text(ends[2]) === "fine", { what: "the next connection" });
  });

  test("after a black hole in which a connection said nothing, it goes on", async () => {
    const { client, server, proxy } = await line();
    proxy.blackHole();
    await proxy.heal();
    client.socket.write("still here");
    await says(server, "still here");
  });

  test("stalled, it holds everything back, the end too, and lets it all go in order", async () => {
    const { client, server, proxy } = await line();
    proxy.stall();
    client.socket.write("one ");
    server.socket.write("answer");
    client.socket.end("two");
    const other = await line();
    other.client.socket.write("through");
    await says(other.server, "through");
    expect(text(server) + text(client)).toBe("");
    await proxy.heal();
    await says(server, "one two");
    await says(client, "answer");
    await eventually(() => server.how === "end", { what: "the end" });
  });

  test("delays each way by as much as it is told, in order", async () => {
    const { client, server, proxy } = await line();
    proxy.delay(150, 60);
    const began = performance.now();
    client.socket.write("slow");
    await says(server, "slow");
    expect(performance.now() - began).toBeGreaterThanOrEqual(149);
    proxy.delay(0, 60);
    client.socket.write("!");
    const answered = performance.now();
    server.socket.write("back");
    await says(client, "back");
    expect(performance.now() - answered).toBeGreaterThanOrEqual(59);
    await says(server, "slow!");
  });

  test("sends every byte in a segment of its own", async () => {
    const { client, server, proxy } = await line();
    proxy.split();
    const sent = "0123456789".repeat(30);
    client.socket.write(sent);
    await says(server, sent);
    // the receiver may be slower than the sender, and then reads two at once
    expect(server.chunks.length).toBeGreaterThan(sent.length / 2);
  });

  test("cuts in the middle of a packet, behind the bytes that it was told", async () => {
    const { client, server, proxy } = await line();
    proxy.cutAfter("up", 7);
    client.socket.write("0123");
    await says(server, "0123");
    client.socket.write("456789");
    // libuv tells of an RST right behind bytes as of an end
    await eventually(() => client.how && server.how, { what: "the cut" });
    expect("0123456").toContain(text(server));
  });

  test("answers garbage, to the client that is there and to the next one, and cuts", async () => {
    const { client, server, proxy, connect, ends } = await line();
    proxy.garbage(Buffer.from("nonsense"));
    await says(client, "nonsense");
    await eventually(() => client.how && server.how, { what: "the cut" });
    const next = connect();
    next.socket.write("CONNECT");
    await says(next, "nonsense");
    expect(ends.map(text).join("")).toBe("");
    await proxy.heal();
    connect().socket.write("CONNECT");
    await eventually(() => text(ends.at(-1)!) === "CONNECT", { what: "the broker" });
  });
});
