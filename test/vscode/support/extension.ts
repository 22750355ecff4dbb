/**
 * Simulates VS Code's DeviceScript extension. Like the extension, it starts DeviceScript's tools and speaks their side
 * protocol over a WebSocket (cli/src/sideprotocol.ts), which also carries the Jacdac bus.
 */
import { once } from "node:events";
import { createRequire } from "node:module";
import path from "node:path";
import { WebSocket } from "ws";
import { jacdac } from "../../../sim/vm/jacdac.js";
import { FrameTransport } from "../../../sim/vm/peripherals.js";
import { eventually } from "../../support/eventually.js";
import { startProgram, type Program } from "./programs.js";

const CLI_PATH = path.join(
  path.dirname(createRequire(import.meta.url).resolve("@devicescript/cli/package.json")),
  "devicescript",
);

export interface BuildResult {
  readonly success: boolean;
  readonly deployStatus: string;
  readonly diagnostics: readonly { readonly filename: string; readonly line: number; readonly formatted: string }[];
}

export class Extension {
  /** Output lines of the simulator and its program. */
  readonly simulator: string[] = [];
  readonly #bus: InstanceType<typeof jacdac.JDBus>;
  readonly #answers = new Map<number, (data: unknown) => void>();
  #lastSeq = 0;

  private constructor(
    readonly tools: Program,
    private readonly socket: WebSocket,
  ) {
    const transport = new FrameTransport((frame) => socket.send(frame));
    this.#bus = new jacdac.JDBus([transport], { client: false, disableRoleManager: true });
    socket.on("message", (data: Buffer, isFrame) => {
      if (isFrame) transport.receive(Uint8Array.from(data));
      else this.#onText(data.toString());
    });
  }

  /**
   * Starts the tools in a project folder.
   * @param env environment variables that move the tools to other ports, see `devtools-ports.mjs`
   * @param port the port of the side protocol instead of 8081
   */
  static async open(folder: string, env: NodeJS.ProcessEnv, port: number): Promise<Extension> {
    const tools = startProgram([process.execPath, CLI_PATH, "devtools", "--vscode"], { cwd: folder, env });
    const listening = eventually(() => openWebSocket(`ws://127.0.0.1:${port}/`), {
      within: 60_000,
      what: "DeviceScript's tools",
    });
    const socket = await listening.catch(async (error: unknown) => {
      await tools.end();
      throw new Error(`they printed:\n${tools.output()}`, { cause: error });
    });
    const extension = new Extension(tools, socket);
    await extension.#bus.connect();
    // asks the tools to send the simulator's output over the WebSocket
    await extension.ask("bcast", { enabled: true });
    return extension;
  }

  /** Sends a request of the side protocol, and returns the answer. */
  ask<T>(request: string, data: object): Promise<T> {
    const seq = ++this.#lastSeq;
    this.socket.send(JSON.stringify({ req: request, seq, data }));
    return new Promise((resolve) => this.#answers.set(seq, resolve as (data: unknown) => void));
  }

  /** Starts the simulator, and waits until its services are on the bus. */
  async startSimulator(deviceId: string): Promise<void> {
    await this.ask("startVM", { deviceId });
    const findManager = () =>
      this.#bus.device(deviceId, true)?.services({ serviceClass: jacdac.SRV_DEVICE_SCRIPT_MANAGER })[0];
    await eventually(findManager, { within: 60_000, what: "the simulator to be on the bus" });
  }

  /** Compiles a program, and deploys the program and its settings to the device `deployTo`. */
  build(filename: string, deployTo?: string): Promise<BuildResult> {
    return this.ask("build", { filename, deployTo });
  }

  async close(): Promise<void> {
    await this.#bus.stop();
    this.socket.close();
    await this.tools.end();
  }

  #onText(text: string): void {
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

async function openWebSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  return socket;
}
