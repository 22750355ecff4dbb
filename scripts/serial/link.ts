/** The line to a board: its log, and its Jacdac services. It comes back when the board was reset or plugged in anew. */
import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { jacdac, type JDService } from "../../sim/vm/jacdac.js";
import { StepError } from "../flash/failure.js";
import { bridgeFrame, encodeFrame, FrameDecoder, isBridgeFrame } from "./framing.js";
import { LineSplitter } from "./lines.js";
import { openProblem, type OpenPort, type SerialPort } from "./port.js";

/** What a deploy talks to. */
export interface BoardServices {
  readonly manager: JDService;
  readonly settings: JDService;
  /** Real boards have one, the simulator has none. */
  readonly wifi: JDService | undefined;
}

export interface LinkEvents {
  /** A line of the board's log. */
  line: [line: string];
  /** The port is gone: the board was reset, or unplugged. */
  gone: [];
  /** It is there again. */
  back: [];
}

export interface LinkOptions {
  /** Names the port in messages. */
  readonly path: string;
  /** Is asked anew each time the port was gone. */
  readonly open: OpenPort;
  /** How long a port may take to appear at first, in ms: after flashing it is gone for a moment. */
  readonly within?: number;
}

/** The library pads what it sends to this, and so do we: nobody here could try anything else on a board. */
const CHUNK = 64;
/** A board sends a frame at least twice a second: one that was silent for so long is asked again, in ms. */
const SILENCE = 1500;
const LOOK_EVERY = 250;
/** How much later than the others the Wi-Fi service may be announced, in ms. */
const WIFI_WITHIN = 1500;

class SerialTransport extends jacdac.Transport {
  constructor(private readonly send: (frame: Uint8Array) => Promise<void>) {
    super("serial", {});
  }
  receive(frame: Uint8Array): void {
    this.handleFrame(frame);
  }
  protected override transportSendPacketAsync(frame: Uint8Array): Promise<void> {
    return this.send(frame);
  }
  protected override transportConnectAsync(): Promise<void> {
    return Promise.resolve();
  }
  protected override transportDisconnectAsync(): Promise<void> {
    return Promise.resolve();
  }
}

export class BoardLink extends EventEmitter<LinkEvents> {
  readonly path: string;
  readonly #open: OpenPort;
  readonly #transport: SerialTransport;
  readonly #bus: InstanceType<typeof jacdac.JDBus>;
  #port: SerialPort | undefined;
  #sending: Promise<void> = Promise.resolve();
  #heard = 0;
  #timer: NodeJS.Timeout | undefined;
  #opening = false;
  #closed = false;

  private constructor({ path, open }: LinkOptions) {
    super();
    this.path = path;
    this.#open = open;
    this.#transport = new SerialTransport((frame) => this.#send(frame));
    this.#bus = new jacdac.JDBus([this.#transport], { client: false, disableRoleManager: true });
    // a bus without a client listens alone, unless told
    this.#bus.passive = false;
  }

  /**
   * Opens the line.
   * @throws StepError when the port cannot be opened
   */
  static async open(options: LinkOptions): Promise<BoardLink> {
    const link = new BoardLink(options);
    const deadline = performance.now() + (options.within ?? 0);
    for (;;) {
      try {
        await link.#connect();
        break;
      } catch (error) {
        if (performance.now() >= deadline) {
          // the bus has timers, which would keep the program from ending
          await link.close();
          throw openProblem(options.path, error);
        }
        await sleep(LOOK_EVERY);
      }
    }
    await link.#bus.connect();
    link.#timer = setInterval(() => void link.#look(), LOOK_EVERY);
    return link;
  }

  /**
   * The services of the board, as soon as it announces them.
   * @param within in ms
   * @throws StepError when it does not speak DeviceScript's language
   */
  async services(within: number): Promise<BoardServices> {
    const deadline = performance.now() + within;
    let found = Infinity;
    const find = (serviceClass: number): JDService | undefined => this.#bus.services({ serviceClass })[0];
    for (;;) {
      const manager = find(jacdac.SRV_DEVICE_SCRIPT_MANAGER);
      const settings = find(jacdac.SRV_SETTINGS);
      const wifi = find(jacdac.SRV_WIFI);
      const now = performance.now();
      if (manager && settings) {
        found = Math.min(found, now);
        if (wifi || now > found + WIFI_WITHIN) return { manager, settings, wifi };
      } else if (now > deadline) throw this.#mute();
      await sleep(50);
    }
  }

  /** Lets go of the port. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#bus.stop();
    await this.#port?.close();
    this.#port = undefined;
  }

  async #connect(): Promise<void> {
    const lines = new LineSplitter((line) => this.emit("line", line));
    const decoder = new FrameDecoder(
      (frame) => {
        this.#heard = performance.now();
        if (!isBridgeFrame(frame)) this.#transport.receive(frame);
      },
      (bytes) => lines.push(bytes),
    );
    const port = await this.#open({
      data: (chunk) => decoder.push(chunk),
      gone: () => {
        if (this.#port !== port) return;
        this.#port = undefined;
        this.emit("gone");
      },
    });
    if (this.#closed) return port.close();
    this.#port = port;
    this.#ask();
  }

  /** Opens the port again, or wakes up a board that says nothing. */
  async #look(): Promise<void> {
    if (this.#opening) return;
    if (this.#port) {
      if (performance.now() - this.#heard > SILENCE) this.#ask();
      return;
    }
    this.#opening = true;
    await this.#connect().then(
      () => this.#closed || this.emit("back"),
      () => {},
    );
    this.#opening = false;
  }

  /** A board that was reset sends its log, but no frames, until it is asked to. */
  #ask(): void {
    void this.#send(bridgeFrame("packets"));
    void this.#send(bridgeFrame("log"));
  }

  /** Sends one frame after the other; what a port that is gone does not take is lost, as on any bus. */
  #send(frame: Uint8Array): Promise<void> {
    const bytes = encodeFrame(frame);
    this.#sending = this.#sending.then(async () => {
      for (let i = 0; i < bytes.length; i += CHUNK) {
        const chunk = new Uint8Array(CHUNK);
        chunk.set(bytes.subarray(i, i + CHUNK));
        await this.#port?.write(chunk).catch(() => {});
      }
    });
    return this.#sending;
  }

  #mute(): StepError {
    if (!this.#port)
      return new StepError("the board", `${this.path} is gone.`, "Plug the board in anew, press RESET if it has that button, and try again."); // prettier-ignore
    if (this.#heard > 0)
      return new StepError("the board", `What answers on ${this.path} is no DeviceScript board.`, "Name the port of the board: --port."); // prettier-ignore
    return new StepError(
      "the board",
      `The board on ${this.path} does not answer as one with DeviceScript's runtime does.`,
      "Press RESET and try again. If it was never flashed: npm run flash. If it was, its USB chip may not do the 1,500,000 Bd of the runtime (a CP2102 without N does not): use another board.", // prettier-ignore
    );
  }
}
