/** A simulated board with one of the benchmark programs, and the scripted broker to which it connects. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { compile } from "../../scripts/lib/compile-device-program.js";
import { SimulatedBoard } from "../../sim/index.js";
import { ScriptedBroker } from "./scripted-broker.js";

export const CLIENT_KINDS = ["stock", "ours"] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** The keep-alive of both clients, in s. */
export const KEEP_ALIVE = 4;
/** Delay before a scenario, in ms, so that a slow client can process SUBACK. */
const SUBACK_DELAY = 500;

const ROOT = new URL("../../", import.meta.url);
const CLIENT_FOLDER = "packages/devicescript-mqtt/src";

/** Compiles `bench/mqtt/device/<name>.ts` together with the client. Returns the bytecode. */
export async function compileProgram(name: string): Promise<Uint8Array> {
  const files: Record<string, string> = { "src/main.ts": `import "../bench/mqtt/device/${name}.js"\n` };
  const paths = (await readdir(new URL(CLIENT_FOLDER, ROOT))).map((file) => `${CLIENT_FOLDER}/${file}`);
  for (const path of [...paths, "bench/mqtt/device/task.ts", `bench/mqtt/device/${name}.ts`])
    files[path] = await readFile(new URL(path, ROOT), "utf8");
  return compile(files);
}

export interface ClientFixtureOptions {
  /** The topic filter of the program's subscription; default `t/#`. */
  filter?: string;
  /** How many numbers the program publishes; default 0. */
  numbers?: number;
  /** Configures the broker before the board starts. */
  broker?: (broker: ScriptedBroker) => void;
}

export class ClientFixture {
  /** The program's log lines. */
  readonly lines: string[] = [];
  /** The reason for the program's first crash; undefined without a crash. */
  crash: string | undefined;

  private constructor(
    readonly board: SimulatedBoard,
    readonly broker: ScriptedBroker,
  ) {
    let line = "";
    board.on("log", (_level, part) => {
      // DeviceScript splits long lines and marks each split with a trailing backslash
      line += part.endsWith("\\") ? part.slice(0, -1) : part;
      if (part.endsWith("\\")) return;
      this.lines.push(line);
      line = "";
    });
    board.on("crash", (reason) => (this.crash ??= reason));
  }

  /** Starts board and broker, runs `use`, and stops both. */
  static async with<T>(
    client: ClientKind,
    options: ClientFixtureOptions,
    use: (fixture: ClientFixture) => Promise<T>,
  ): Promise<T> {
    const broker = new ScriptedBroker();
    await broker.listen();
    options.broker?.(broker);
    const settings = {
      HOST: "127.0.0.1",
      PORT: broker.port,
      KEEP_ALIVE,
      FILTER: options.filter ?? "t/#",
      NUMBERS: options.numbers ?? 0,
    };
    const board = new SimulatedBoard({ id: client, bytecode: await compileProgram(client), settings });
    const fixture = new ClientFixture(board, broker);
    try {
      await board.start();
      return await use(fixture);
    } finally {
      await board.stop();
      await broker.stop("end");
    }
  }

  /** Waits until the program has connected and subscribed. */
  async waitUntilReady(): Promise<void> {
    if ((await this.waitUntil(() => this.broker.subscribed > 0, 15_000)) === undefined)
      throw new Error(
        `The program did not subscribe within 15 s. Its last log lines:\n${this.lines.slice(-5).join("\n")}`,
      );
    await sleep(SUBACK_DELAY);
  }

  /** Waits up to `within` ms until `condition` is true. Returns the time waited in ms; undefined after a timeout. */
  async waitUntil(condition: () => boolean, within: number): Promise<number | undefined> {
    const startedAt = performance.now();
    while (performance.now() - startedAt < within) {
      if (condition()) return performance.now() - startedAt;
      await sleep(2);
    }
    return undefined;
  }

  /** Handled messages, as `<topic> <bytes> <text>`. */
  get handledMessages(): string[] {
    return this.lines.filter((line) => line.startsWith("got ")).map((line) => line.slice(4));
  }
}
