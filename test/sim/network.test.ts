import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { compile } from "../support/firmware.js";
import { freePort } from "../support/free-port.js";
import { TCP_CLIENT_PROGRAM } from "./programs.js";
import { useBoards, useTestServers, type TestServer } from "./support.js";

const createBoard = useBoards();
const startTestServer = useTestServers();

// runs the tests concurrently, because they mostly wait
describe.concurrent("the network of a simulated board", () => {
  let bytecode: Uint8Array;

  beforeAll(async () => {
    bytecode = await compile(TCP_CLIENT_PROGRAM);
  });

  const startBoardAt = async (host: TestServer, settings = {}) => {
    const board = createBoard({ bytecode, settings: { HOST: "127.0.0.1", PORT: host.port, NL_ID: "me", ...settings } });
    await board.start();
    const connection = await eventually(() => host.connections[0]?.text && host.connections[0], {
      what: "the board's greeting",
    });
    return { board, connection };
  };
  const receivedLinesOf = (board: { output: string[] }) => board.output.filter((line) => line.startsWith("got "));

  it("carries text in both directions", async () => {
    const { board, connection } = await startBoardAt(await startTestServer());
    expect(connection.text).toBe("hello from me\n");
    connection.socket.write("abc");
    await eventually(() => connection.text.endsWith("ok\n"), { what: "the answer" });
    // waits, because the answer may arrive before the board's line is in the log
    await eventually(() => receivedLinesOf(board).length > 0, { what: "the line in the log" });
    expect(receivedLinesOf(board)).toEqual(["got 3 total 3"]);
  });

  it("delivers all data in chunks of at most 1,024 bytes", async () => {
    const { board, connection } = await startBoardAt(await startTestServer());
    connection.socket.write(Buffer.alloc(20_000));
    await eventually(() => board.output.at(-1)?.endsWith("total 20000"), { what: "20,000 bytes" });
    for (const line of receivedLinesOf(board)) expect(Number(line.split(" ")[1])).toBeLessThanOrEqual(1024);
  });

  it("does not crash the virtual machine when 1 MB arrives for a slow program", async () => {
    const host = await startTestServer();
    const { board, connection } = await startBoardAt(host, { PAUSE: 20 });
    connection.socket.write(Buffer.alloc(1 << 20));
    await eventually(() => board.crashes > 0, { what: "the program to run out of memory" });
    expect(board.crashReasons[0]).toContain("OutOfMemory");
    connection.socket.destroy();
    await eventually(() => host.connections[1]?.text, { within: 15_000, what: "the board to come back" });
    expect(board.running).toBe(true);
  });

  it("notifies the program when the other side closes the connection", async () => {
    const host = await startTestServer();
    const { board, connection } = await startBoardAt(host);
    connection.socket.end();
    await eventually(() => host.connections[1]?.text, { what: "the board to come back" });
    expect(board.output).toContain("closed");
  });

  it("notifies the program when nobody listens at the address", async () => {
    const board = createBoard({ bytecode, settings: { HOST: "127.0.0.1", PORT: await freePort() } });
    await board.start();
    await eventually(() => board.output.some((line) => /^failed .*ECONNREFUSED/.test(line)), { what: "the refusal" });
    expect(board.crashes).toBe(0);
  });

  it("resets connections and refuses new ones after a cut by reset, until healed", async () => {
    const host = await startTestServer();
    const { board, connection } = await startBoardAt(host);
    board.network.cut();
    await eventually(() => connection.endedBy === "error", { what: "the reset" });
    await eventually(() => board.output.filter((line) => line.includes("network is down")).length > 1, {
      what: "two refused attempts",
    });
    expect(board.network.state).toBe("cut");
    expect(host.connections).toHaveLength(1);
    board.network.heal();
    await eventually(() => host.connections[1]?.text, { within: 2000, what: "the board to come back" });
    expect(board.network.state).toBe("up");
  });

  it("ends connections on both sides after a cut by FIN", async () => {
    const { board, connection } = await startBoardAt(await startTestServer());
    board.network.cut({ how: "end" });
    await eventually(() => connection.endedBy === "end", { what: "the end" });
    await eventually(() => board.output.includes("closed"), { what: "the program to be told" });
  });

  it("discards data silently after a silent cut, and continues when healed", async () => {
    const { board, connection } = await startBoardAt(await startTestServer());
    board.network.cut({ how: "silent" });
    // Waits until the network is cut, so that the board receives this data only after the network is healed.
    await eventually(() => board.network.state === "cut");
    connection.socket.write("lost for now");
    connection.text = "";
    await expect(eventually(() => receivedLinesOf(board).length, { within: 300 })).rejects.toThrow("gave up");
    expect(connection.endedBy).toBeUndefined();
    board.network.heal();
    await eventually(() => receivedLinesOf(board).at(-1) === "got 12 total 12", { what: "what was on its way" });
    await eventually(() => connection.text === "ok\n", { what: "the answer" });
  });

  it("lets new connections hang after a silent cut", async () => {
    const host = await startTestServer();
    const board = createBoard({ bytecode, settings: { HOST: "127.0.0.1", PORT: host.port } });
    board.network.cut({ how: "silent" });
    await board.start();
    await eventually(() => board.output.some((line) => /^failed .*Timeout/.test(line)), {
      what: "the program's timeout",
    });
    expect(host.connections).toHaveLength(0);
    board.network.heal();
    await eventually(() => host.connections.some(({ text }) => text), { what: "the board to come" });
  });

  it("delays data in each direction and keeps the order", async () => {
    const host = await startTestServer();
    const board = createBoard({ bytecode, settings: { HOST: "127.0.0.1", PORT: host.port } });
    board.network.delay(150);
    await board.start();
    const connection = (await eventually(() => host.connections.find(({ text }) => text), { what: "the greeting" }))!;
    const start = performance.now();
    connection.socket.write("ask");
    await eventually(() => connection.text.endsWith("ok\n"), { what: "the answer" });
    // the delay is 150 ms to the board and 150 ms back
    expect(performance.now() - start).toBeGreaterThanOrEqual(295);
    for (let i = 0; i < 5; i++) connection.socket.write(Buffer.alloc(1500));
    await eventually(() => board.output.at(-1)?.endsWith("total 7503"), { what: "7,503 bytes in order" });
  });
});
