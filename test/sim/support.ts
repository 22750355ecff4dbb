import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterAll } from "vitest";
import { type BoardOptions, SimulatedBoard } from "../../sim/index.js";

/** Boards that are switched off after the tests of a file. */
export function useBoards(): (options: Partial<BoardOptions> & Pick<BoardOptions, "bytecode">) => TestBoard {
  const boards: TestBoard[] = [];
  afterAll(async () => {
    await Promise.all(boards.splice(0).map((board) => board.stop()));
  });
  return (options) => {
    const board = new TestBoard({ id: "nightlight/test", settings: {}, ...options });
    boards.push(board);
    return board;
  };
}

/** A board that remembers what it said. */
export class TestBoard extends SimulatedBoard {
  /** What the program printed. */
  readonly said: string[] = [];
  readonly faults: string[] = [];
  readonly reboots: string[] = [];
  starts = 0;

  constructor(options: BoardOptions) {
    super(options);
    this.on("log", (level, text) => level !== "runtime" && this.said.push(text));
    this.on("crash", (reason) => this.faults.push(reason));
    this.on("reboot", (reason) => this.reboots.push(reason));
    this.on("start", () => this.starts++);
  }
}

/** One connection that a board made. */
export class Visitor {
  text = "";
  how: "end" | "error" | undefined;

  constructor(readonly socket: Socket) {
    socket.on("data", (data: Buffer) => {
      this.text += data.toString();
    });
    socket.on("error", () => (this.how = "error"));
    socket.on("end", () => (this.how ??= "end"));
  }
}

export interface Host {
  readonly server: Server;
  readonly port: number;
  readonly visitors: Visitor[];
}

/** Servers that listen on a port of their own until the tests of a file end. */
export function useHosts(): () => Promise<Host> {
  const hosts: Host[] = [];
  afterAll(async () => {
    for (const { server, visitors } of hosts.splice(0)) {
      for (const { socket } of visitors) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  return async () => {
    const visitors: Visitor[] = [];
    const server = createServer((socket) => visitors.push(new Visitor(socket)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = { server, port: (server.address() as AddressInfo).port, visitors };
    hosts.push(host);
    return host;
  };
}
