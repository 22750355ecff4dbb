import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { compile } from "../support/firmware.js";
import { TALK } from "./programs.js";
import { useBoards, useHosts, type Host } from "./support.js";

const createBoard = useBoards();
const createHost = useHosts();

// concurrent: most of the time is spent in waiting
describe.concurrent("a board's network", () => {
  let bytecode: Uint8Array;

  beforeAll(async () => {
    bytecode = await compile(TALK);
  });

  const talkTo = async (host: Host, settings = {}) => {
    const board = createBoard({ bytecode, settings: { HOST: "127.0.0.1", PORT: host.port, NL_ID: "me", ...settings } });
    await board.start();
    const visitor = await eventually(() => host.visitors[0]?.text && host.visitors[0], {
      what: "the board's greeting",
    });
    return { board, visitor };
  };
  const heard = (board: { said: string[] }) => board.said.filter((line) => line.startsWith("got "));

  it("carries text both ways", async () => {
    const { board, visitor } = await talkTo(await createHost());
    expect(visitor.text).toBe("hello from me\n");
    visitor.socket.write("abc");
    await eventually(() => visitor.text.endsWith("ok\n"), { what: "the answer" });
    // the answer may overtake the line in the log
    await eventually(() => heard(board).length > 0, { what: "the line in the log" });
    expect(heard(board)).toEqual(["got 3 total 3"]);
  });

  it("brings data in chunks of at most 1,024 bytes, none lost", async () => {
    const { board, visitor } = await talkTo(await createHost());
    visitor.socket.write(Buffer.alloc(20_000));
    await eventually(() => board.said.at(-1)?.endsWith("total 20000"), { what: "20,000 bytes" });
    for (const line of heard(board)) expect(Number(line.split(" ")[1])).toBeLessThanOrEqual(1024);
  });

  it("does not end the virtual machine with 1 MB for a program that reads slowly", async () => {
    const host = await createHost();
    const { board, visitor } = await talkTo(host, { PAUSE: 20 });
    visitor.socket.write(Buffer.alloc(1 << 20));
    await eventually(() => board.crashes > 0, { what: "the program to run out of memory" });
    expect(board.faults[0]).toContain("OutOfMemory");
    visitor.socket.destroy();
    await eventually(() => host.visitors[1]?.text, { within: 15_000, what: "the board to come back" });
    expect(board.running).toBe(true);
  });

  it("tells the program when the other side closes", async () => {
    const host = await createHost();
    const { board, visitor } = await talkTo(host);
    visitor.socket.end();
    await eventually(() => host.visitors[1]?.text, { what: "the board to come back" });
    expect(board.said).toContain("closed");
  });

  it("tells the program when nobody answers", async () => {
    const host = await createHost();
    await new Promise((resolve) => host.server.close(resolve));
    const board = createBoard({ bytecode, settings: { HOST: "127.0.0.1", PORT: host.port } });
    await board.start();
    await eventually(() => board.said.some((line) => /^failed .*ECONNREFUSED/.test(line)), { what: "the refusal" });
    expect(board.crashes).toBe(0);
  });

  it("cut with a reset, resets connections and refuses new ones until it heals", async () => {
    const host = await createHost();
    const { board, visitor } = await talkTo(host);
    board.network.cut();
    await eventually(() => visitor.how === "error", { what: "the reset" });
    await eventually(() => board.said.filter((line) => line.includes("network is down")).length > 1, {
      what: "two refused attempts",
    });
    expect(board.network.state).toBe("cut");
    expect(host.visitors).toHaveLength(1);
    board.network.heal();
    await eventually(() => host.visitors[1]?.text, { within: 2000, what: "the board to come back" });
    expect(board.network.state).toBe("up");
  });

  it("cut with an end, ends connections on both sides", async () => {
    const { board, visitor } = await talkTo(await createHost());
    board.network.cut({ how: "end" });
    await eventually(() => visitor.how === "end", { what: "the end" });
    await eventually(() => board.said.includes("closed"), { what: "the program to be told" });
  });

  it("cut silently, lets nobody notice, and goes on when it heals", async () => {
    const { board, visitor } = await talkTo(await createHost());
    board.network.cut({ how: "silent" });
    // passes through the same queue as the cut: what comes now comes too late
    await eventually(() => board.network.state === "cut");
    visitor.socket.write("lost for now");
    visitor.text = "";
    await expect(eventually(() => heard(board).length, { within: 300 })).rejects.toThrow("gave up");
    expect(visitor.how).toBeUndefined();
    board.network.heal();
    await eventually(() => heard(board).at(-1) === "got 12 total 12", { what: "what was on its way" });
    await eventually(() => visitor.text === "ok\n", { what: "the answer" });
  });

  it("cut silently, lets attempts hang instead of failing at once", async () => {
    const host = await createHost();
    const board = createBoard({ bytecode, settings: { HOST: "127.0.0.1", PORT: host.port } });
    board.network.cut({ how: "silent" });
    await board.start();
    await eventually(() => board.said.some((line) => /^failed .*Timeout/.test(line)), {
      what: "the program's timeout",
    });
    expect(host.visitors).toHaveLength(0);
    board.network.heal();
    await eventually(() => host.visitors.some(({ text }) => text), { what: "the board to come" });
  });

  it("delays what passes, each way, in order", async () => {
    const host = await createHost();
    const board = createBoard({ bytecode, settings: { HOST: "127.0.0.1", PORT: host.port } });
    board.network.delay(150);
    await board.start();
    const visitor = (await eventually(() => host.visitors.find(({ text }) => text), { what: "the greeting" }))!;
    const start = performance.now();
    visitor.socket.write("ask");
    await eventually(() => visitor.text.endsWith("ok\n"), { what: "the answer" });
    // 150 ms to the board and 150 ms back
    expect(performance.now() - start).toBeGreaterThanOrEqual(295);
    for (let i = 0; i < 5; i++) visitor.socket.write(Buffer.alloc(1500));
    await eventually(() => board.said.at(-1)?.endsWith("total 7503"), { what: "7,503 bytes in order" });
  });
});
