/**
 * What VS Code's DeviceScript extension does at F5, as far as DeviceScript's tools can tell: it starts them, speaks their
 * side protocol over a WebSocket (cli/src/sideprotocol.ts), which carries the Jacdac bus as well, and joins their debugger.
 */
import { once } from "node:events";
import { createRequire } from "node:module";
import path from "node:path";
import { WebSocket } from "ws";
import { jacdac } from "../../../sim/vm/jacdac.js";
import { FrameTransport } from "../../../sim/vm/peripherals.js";
import { eventually } from "../../support/eventually.js";
import { startProgram, type Program } from "./programs.js";

const CLI = path.join(
  path.dirname(createRequire(import.meta.url).resolve("@devicescript/cli/package.json")),
  "devicescript",
);

export interface Build {
  readonly success: boolean;
  readonly deployStatus: string;
  readonly diagnostics: readonly { readonly filename: string; readonly line: number; readonly formatted: string }[];
}

export class Extension {
  /** Lines of the simulator, and of the program in it. */
  readonly simulator: string[] = [];
  readonly #bus: InstanceType<typeof jacdac.JDBus>;
  readonly #answers = new Map<number, (data: unknown) => void>();
  #asked = 0;

  private constructor(
    readonly tools: Program,
    private readonly socket: WebSocket,
  ) {
    const transport = new FrameTransport((frame) => socket.send(frame));
    this.#bus = new jacdac.JDBus([transport], { client: false, disableRoleManager: true });
    socket.on("message", (data: Buffer, isFrame) => {
      if (isFrame) transport.receive(Uint8Array.from(data));
      else this.#hear(data.toString());
    });
  }

  /**
   * Opens a project folder: starts the tools there.
   * @param env what puts them on other ports, see `devtools-ports.mjs`
   * @param port where they are found instead of 8081
   */
  static async open(folder: string, env: NodeJS.ProcessEnv, port: number): Promise<Extension> {
    const tools = startProgram([process.execPath, CLI, "devtools", "--vscode"], { cwd: folder, env });
    const listening = eventually(() => opened(`ws://127.0.0.1:${port}/`), {
      within: 60_000,
      what: "DeviceScript's tools",
    });
    const socket = await listening.catch(async (error: unknown) => {
      await tools.end();
      throw new Error(`they printed:\n${tools.output()}`, { cause: error });
    });
    const extension = new Extension(tools, socket);
    await extension.#bus.connect();
    // whoever is to get the simulator's output says so
    await extension.ask("bcast", { enabled: true });
    return extension;
  }

  /** A request of the side protocol. */
  ask<T>(request: string, data: object): Promise<T> {
    const seq = ++this.#asked;
    this.socket.send(JSON.stringify({ req: request, seq, data }));
    return new Promise((resolve) => this.#answers.set(seq, resolve as (data: unknown) => void));
  }

  /** Starts the simulated microcontroller, and waits until it is on the bus. */
  async startSimulator(deviceId: string): Promise<void> {
    await this.ask("startVM", { deviceId });
    const manager = () =>
      this.#bus.device(deviceId, true)?.services({ serviceClass: jacdac.SRV_DEVICE_SCRIPT_MANAGER })[0];
    await eventually(manager, { within: 60_000, what: "the simulator to be on the bus" });
  }

  /** Compiles a program, and brings it to a device together with its settings. */
  build(filename: string, deployTo?: string): Promise<Build> {
    return this.ask("build", { filename, deployTo });
  }

  async close(): Promise<void> {
    await this.#bus.stop();
    this.socket.close();
    await this.tools.end();
  }

  #hear(text: string): void {
    const { seq, ev, data } = JSON.parse(text) as {
      seq?: number;
      ev?: string;
      data: { from?: string; lines?: string[] };
    };
    if (ev === "output" && data.from === "vm") this.simulator.push(...(data.lines ?? []));
    if (seq === undefined) return;
    this.#answers.get(seq)?.(data);
    this.#answers.delete(seq);
  }
}

async function opened(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  return socket;
}
