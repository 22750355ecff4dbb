import { once } from "node:events";
import net from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { Proxy } from "./proxy.js";

/** One end of a connection, with the data that it received and how the other end closed it. */
interface Endpoint {
  readonly socket: net.Socket;
  chunks: Buffer[];
  endedBy?: "end" | "reset";
}

function recordEndpoint(socket: net.Socket): Endpoint {
  const end: Endpoint = { socket, chunks: [] };
  socket.setNoDelay(true);
  socket.on("data", (data: Buffer) => end.chunks.push(data));
  socket.on("end", () => (end.endedBy ??= "end"));
  socket.on("error", () => (end.endedBy ??= "reset"));
  onTestFinished(() => void socket.destroy());
  return end;
}
const text = (end: Endpoint) => Buffer.concat(end.chunks).toString("latin1");
const says = (end: Endpoint, what: string) => eventually(() => text(end) === what, { what: `"${what.slice(0, 20)}"` });

/** Starts a recording TCP server as the broker, a proxy in front of the broker, and a client of the proxy. */
async function line() {
  const ends: Endpoint[] = [];
  const broker = net
    .createServer({ allowHalfOpen: true }, (socket) => ends.push(recordEndpoint(socket)))
    .listen(0, "127.0.0.1");
  await once(broker, "listening");
  const proxy = await Proxy.start((broker.address() as net.AddressInfo).port);
  onTestFinished(async () => {
    await proxy.close();
    broker.close();
  });
  const connect = () => recordEndpoint(net.connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true }));
  const client = connect();
  await eventually(() => ends.length === 1, { what: "the connection" });
  return { proxy, client, server: ends[0], connect, ends };
}

describe("the proxy", () => {
  test("forwards bytes in both directions, and half-closes", async () => {
    const { client, server, proxy } = await line();
    client.socket.write("up");
    server.socket.write("down");
    await says(server, "up");
    await says(client, "down");
    client.socket.end("bye");
    await says(server, "upbye");
    server.socket.end("bye");
    await says(client, "downbye");
    await eventually(() => server.endedBy === "end" && client.endedBy === "end", { what: "FIN on both sides" });
    await eventually(() => proxy.open === 0, { what: "the proxy to close the connection" });
  });

  test.each(["reset", "end"] as const)("cuts both sides by %s, and forwards the next connection", async (how) => {
    const { client, server, proxy, connect, ends } = await line();
    proxy.cut(how);
    await eventually(() => client.endedBy === how && server.endedBy === how, { what: "both ends" });
    connect().socket.write("again");
    await eventually(() => ends[1] && text(ends[1]) === "again", { what: "the next connection" });
  });

  test("refuses connections until `heal`", async () => {
    const { client, proxy, connect, ends } = await line();
    await proxy.refuse();
    await eventually(() => client.endedBy === "reset", { what: "the cut" });
    const refused = connect();
    await eventually(() => refused.endedBy === "reset", { what: "the refusal" });
    expect(ends).toHaveLength(1);
    await proxy.heal();
    connect();
    await eventually(() => ends.length === 2, { what: "a connection on the same port" });
  });

  test("discards bytes in both directions without closing connections in a black hole, and new connections hang", async () => {
    const { client, server, proxy, connect, ends } = await line();
    proxy.blackHole();
    client.socket.write("lost");
    server.socket.write("lost too");
    const late = connect();
    await once(late.socket, "connect");
    late.socket.write("hello?");
    await eventually(() => ends.length === 2, { what: "the late connection" });
    // sends data through a second proxy: when it arrives, data that the first proxy wrongly forwarded would have arrived, too
    const other = await line();
    other.client.socket.write("through");
    await says(other.server, "through");
    expect([client, server, late].map((end) => [text(end), end.endedBy])).toEqual(Array(3).fill(["", undefined]));
    await proxy.heal();
    await eventually(() => client.endedBy === "reset" && late.endedBy === "reset", {
      what: "the resets after lost bytes",
    });
    connect().socket.write("fine");
    await eventually(() => ends[2] && text(ends[2]) === "fine", { what: "the next connection" });
  });

  test("keeps a connection that was idle during a black hole", async () => {
    const { client, server, proxy } = await line();
    proxy.blackHole();
    await proxy.heal();
    client.socket.write("still here");
    await says(server, "still here");
  });

  test("holds back all bytes and FIN during a stall, and forwards them in order afterwards", async () => {
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
    await eventually(() => server.endedBy === "end", { what: "FIN" });
  });

  test("delays each direction by the given time, and keeps the order", async () => {
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

  test("sends each byte in a separate segment", async () => {
    const { client, server, proxy } = await line();
    proxy.split();
    const sent = "0123456789".repeat(30);
    client.socket.write(sent);
    await says(server, sent);
    // expects only half as many chunks as bytes, because a slow receiver may read several segments at once
    expect(server.chunks.length).toBeGreaterThan(sent.length / 2);
  });

  test("cuts the connection in the middle of a packet, after the given number of bytes", async () => {
    const { client, server, proxy } = await line();
    proxy.cutAfter("up", 7);
    client.socket.write("0123");
    await says(server, "0123");
    client.socket.write("456789");
    // accepts FIN as well as RST, because libuv may report an RST directly after data as a normal end
    await eventually(() => client.endedBy && server.endedBy, { what: "the cut" });
    expect("0123456").toContain(text(server));
  });

  test("sends garbage to current and new clients, and cuts their connections", async () => {
    const { client, server, proxy, connect, ends } = await line();
    proxy.garbage(Buffer.from("nonsense"));
    await says(client, "nonsense");
    await eventually(() => client.endedBy && server.endedBy, { what: "the cut" });
    const next = connect();
    next.socket.write("CONNECT");
    await says(next, "nonsense");
    expect(ends.map(text).join("")).toBe("");
    await proxy.heal();
    connect().socket.write("CONNECT");
    await eventually(() => text(ends.at(-1)!) === "CONNECT", { what: "the broker" });
  });
});
