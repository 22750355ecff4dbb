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
const textOf = (end: Endpoint) => Buffer.concat(end.chunks).toString("latin1");
const waitForText = (end: Endpoint, what: string) =>
  eventually(() => textOf(end) === what, { what: `"${what.slice(0, 20)}"` });

/** Starts a recording TCP server as the broker, a proxy in front of the broker, and a client of the proxy. */
async function connectThroughProxy() {
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
  const connectClient = () => recordEndpoint(net.connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true }));
  const client = connectClient();
  await eventually(() => ends.length === 1, { what: "the connection" });
  return { proxy, client, server: ends[0], connectClient, ends };
}

describe("the proxy", () => {
  test("forwards bytes in both directions, and half-closes", async () => {
    const { client, server, proxy } = await connectThroughProxy();
    client.socket.write("up");
    server.socket.write("down");
    await waitForText(server, "up");
    await waitForText(client, "down");
    client.socket.end("bye");
    await waitForText(server, "upbye");
    server.socket.end("bye");
    await waitForText(client, "downbye");
    await eventually(() => server.endedBy === "end" && client.endedBy === "end", { what: "FIN on both sides" });
    await eventually(() => proxy.openConnections === 0, { what: "the proxy to close the connection" });
  });

  test.each(["reset", "end"] as const)("cuts both sides by %s, and forwards the next connection", async (how) => {
    const { client, server, proxy, connectClient, ends } = await connectThroughProxy();
    proxy.cut(how);
    await eventually(() => client.endedBy === how && server.endedBy === how, { what: "both ends" });
    connectClient().socket.write("again");
    await eventually(() => ends[1] && textOf(ends[1]) === "again", { what: "the next connection" });
  });

  test("refuses connections until `heal`", async () => {
    const { client, proxy, connectClient, ends } = await connectThroughProxy();
    await proxy.refuse();
    await eventually(() => client.endedBy === "reset", { what: "the cut" });
    const refused = connectClient();
    await eventually(() => refused.endedBy === "reset", { what: "the refusal" });
    expect(ends).toHaveLength(1);
    await proxy.heal();
    connectClient();
    await eventually(() => ends.length === 2, { what: "a connection on the same port" });
  });

  test("discards bytes in both directions without closing connections, and new connections hang", async () => {
    const { client, server, proxy, connectClient, ends } = await connectThroughProxy();
    proxy.discardData();
    client.socket.write("lost");
    server.socket.write("lost too");
    const late = connectClient();
    await once(late.socket, "connect");
    late.socket.write("hello?");
    await eventually(() => ends.length === 2, { what: "the late connection" });
    // sends data through a second proxy: when it arrives, data that the first proxy wrongly forwarded would have arrived, too
    const other = await connectThroughProxy();
    other.client.socket.write("through");
    await waitForText(other.server, "through");
    expect([client, server, late].map((end) => [textOf(end), end.endedBy])).toEqual(Array(3).fill(["", undefined]));
    await proxy.heal();
    await eventually(() => client.endedBy === "reset" && late.endedBy === "reset", {
      what: "the resets after lost bytes",
    });
    connectClient().socket.write("fine");
    await eventually(() => ends[2] && textOf(ends[2]) === "fine", { what: "the next connection" });
  });

  test("keeps a connection that was idle while the proxy discarded bytes", async () => {
    const { client, server, proxy } = await connectThroughProxy();
    proxy.discardData();
    await proxy.heal();
    client.socket.write("still here");
    await waitForText(server, "still here");
  });

  test("holds back all bytes and FIN until `heal`, and then forwards them in order", async () => {
    const { client, server, proxy } = await connectThroughProxy();
    proxy.holdData();
    client.socket.write("one ");
    server.socket.write("answer");
    client.socket.end("two");
    const other = await connectThroughProxy();
    other.client.socket.write("through");
    await waitForText(other.server, "through");
    expect(textOf(server) + textOf(client)).toBe("");
    await proxy.heal();
    await waitForText(server, "one two");
    await waitForText(client, "answer");
    await eventually(() => server.endedBy === "end", { what: "FIN" });
  });

  test("delays each direction by the given time, and keeps the order", async () => {
    const { client, server, proxy } = await connectThroughProxy();
    proxy.delayData(150, 60);
    const began = performance.now();
    client.socket.write("slow");
    await waitForText(server, "slow");
    expect(performance.now() - began).toBeGreaterThanOrEqual(149);
    proxy.delayData(0, 60);
    client.socket.write("!");
    const answered = performance.now();
    server.socket.write("back");
    await waitForText(client, "back");
    expect(performance.now() - answered).toBeGreaterThanOrEqual(59);
    await waitForText(server, "slow!");
  });

  test("sends each byte in a separate segment", async () => {
    const { client, server, proxy } = await connectThroughProxy();
    proxy.splitSegments();
    const sent = "0123456789".repeat(30);
    client.socket.write(sent);
    await waitForText(server, sent);
    // expects only half as many chunks as bytes, because a slow receiver may read several segments at once
    expect(server.chunks.length).toBeGreaterThan(sent.length / 2);
  });

  test("cuts the connection in the middle of a packet, after the given number of bytes", async () => {
    const { client, server, proxy } = await connectThroughProxy();
    proxy.cutAfter("up", 7);
    client.socket.write("0123");
    await waitForText(server, "0123");
    client.socket.write("456789");
    // accepts FIN as well as RST, because libuv may report an RST directly after data as a normal end
    await eventually(() => client.endedBy && server.endedBy, { what: "the cut" });
    expect("0123456").toContain(textOf(server));
  });

  test("sends garbage to current and new clients, and cuts their connections", async () => {
    const { client, server, proxy, connectClient, ends } = await connectThroughProxy();
    proxy.sendGarbage(Buffer.from("nonsense"));
    await waitForText(client, "nonsense");
    await eventually(() => client.endedBy && server.endedBy, { what: "the cut" });
    const next = connectClient();
    next.socket.write("CONNECT");
    await waitForText(next, "nonsense");
    expect(ends.map(textOf).join("")).toBe("");
    await proxy.heal();
    connectClient().socket.write("CONNECT");
    await eventually(() => textOf(ends.at(-1)!) === "CONNECT", { what: "the broker" });
  });
});
