import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterAll } from "vitest";
import { type BoardOptions, SimulatedBoard } from "../../sim/index.js";

/** Returns a function that creates boards. The boards stop after the tests of the file. */
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

/** A simulated board that records its output, crash reasons, reboots and number of starts. */
export class TestBoard extends SimulatedBoard {
  /** The lines that the program printed. */
  readonly output: string[] = [];
  readonly crashReasons: string[] = [];
  readonly reboots: string[] = [];
  starts = 0;

  constructor(options: BoardOptions) {
    super(options);
    this.on("log", (level, text) => level !== "runtime" && this.output.push(text));
    this.on("crash", (reason) => this.crashReasons.push(reason));
    this.on("reboot", (reason) => this.reboots.push(reason));
    this.on("start", () => this.starts++);
  }
}

/** A connection from a board, as the test's server sees it. */
export class BoardConnection {
  text = "";
  endedBy: "end" | "error" | undefined;

  constructor(readonly socket: Socket) {
    socket.on("data", (data: Buffer) => {
      this.text += data.toString();
    });
    socket.on("error", () => (this.endedBy = "error"));
    socket.on("end", () => (this.endedBy ??= "end"));
  }
}

export interface TestServer {
  readonly server: Server;
  readonly port: number;
  readonly connections: BoardConnection[];
}

/** Returns a function that starts TCP servers on free ports. The servers close after the tests of the file. */
export function useTestServers(): () => Promise<TestServer> {
  const hosts: TestServer[] = [];
  afterAll(async () => {
    for (const { server, connections } of hosts.splice(0)) {
      for (const { socket } of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  return async () => {
    const connections: BoardConnection[] = [];
    const server = createServer((socket) => connections.push(new BoardConnection(socket)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = { server, port: (server.address() as AddressInfo).port, connections };
    hosts.push(host);
    return host;
  };
}
