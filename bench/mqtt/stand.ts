/** A board that runs one of the programs, and the broker it is told to connect to. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { compile } from "../../scripts/lib/compile-device-program.js";
import { SimulatedBoard } from "../../sim/index.js";
import { Broker } from "./broker.js";

export const CLIENTS = ["stock", "ours"] as const;
export type Client = (typeof CLIENTS)[number];

/** The keep-alive of both clients, in s. */
export const KEEP_ALIVE = 4;
/** Before a scenario begins, so that a slow client has read SUBACK, in ms. */
const SETTLE = 500;

const ROOT = new URL("../../", import.meta.url);

/** Compiles `bench/mqtt/device/<name>.ts` with what it may import. */
export async function program(name: string): Promise<Uint8Array> {
  const files: Record<string, string> = { "src/main.ts": `import "../bench/mqtt/device/${name}.js"\n` };
  const paths = (await readdir(new URL("src/mqtt", ROOT))).map((file) => `src/mqtt/${file}`);
  for (const path of [...paths, "bench/mqtt/device/task.ts", `bench/mqtt/device/${name}.ts`])
    files[path] = await readFile(new URL(path, ROOT), "utf8");
  return compile(files);
}

export interface StandOptions {
  /** The filter that the program subscribes to; `t/#` unless told. */
  filter?: string;
  /** How many numbers it publishes; none unless told. */
  numbers?: number;
  /** Sets the broker up before the board starts. */
  broker?: (broker: Broker) => void;
}

export class Stand {
  readonly lines: string[] = [];
  /** Why the program crashed first. */
  crash: string | undefined;

  private constructor(
    readonly board: SimulatedBoard,
    readonly broker: Broker,
  ) {
    let line = "";
    board.on("log", (_level, part) => {
      // a long line comes in parts
      line += part.endsWith("\\") ? part.slice(0, -1) : part;
      if (part.endsWith("\\")) return;
      this.lines.push(line);
      line = "";
    });
    board.on("crash", (reason) => (this.crash ??= reason));
  }

  /** Starts both, and ends them when `use` has come to its end. */
  static async with<T>(client: Client, options: StandOptions, use: (stand: Stand) => Promise<T>): Promise<T> {
    const broker = new Broker();
    await broker.listen();
    options.broker?.(broker);
    const settings = {
      HOST: "127.0.0.1",
      PORT: broker.port,
      KEEP_ALIVE,
      FILTER: options.filter ?? "t/#",
      NUMBERS: options.numbers ?? 0,
    };
    const board = new SimulatedBoard({ id: client, bytecode: await program(client), settings });
    const stand = new Stand(board, broker);
    try {
      await board.start();
      return await use(stand);
    } finally {
      await board.stop();
      await broker.leave("end");
    }
  }

  /** Waits until the program has connected and subscribed. */
  async ready(): Promise<void> {
    if ((await this.until(() => this.broker.subscribed > 0, 15_000)) === undefined)
      throw new Error(
        `The program did not subscribe within 15 s; the last it said:\n${this.lines.slice(-5).join("\n")}`,
      );
    await sleep(SETTLE);
  }

  /** How long it took until `condition` was true, in ms; undefined when it was not within so many ms. */
  async until(condition: () => boolean, within: number): Promise<number | undefined> {
    const began = performance.now();
    while (performance.now() - began < within) {
      if (condition()) return performance.now() - began;
      await sleep(2);
    }
    return undefined;
  }

  /** The messages that were handled, as `<topic> <bytes> <text>`. */
  get handled(): string[] {
    return this.lines.filter((line) => line.startsWith("got ")).map((line) => line.slice(4));
  }
}
