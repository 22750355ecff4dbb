/** A connection to a board over its serial port: log lines and Jacdac services. Reconnects after a reset or replugging. */
import { Emitter } from "../emitter.js";
import { jacdac, type JDService } from "../jacdac.js";
import { sleep } from "../sleep.js";
import { StepError } from "../step-error.js";
import { createBridgeFrame, encodeFrame, FrameDecoder, isBridgeFrame } from "./framing.js";
import { LineSplitter } from "./lines.js";
import { explainOpenFailure, type OpenPort, type SerialPort } from "./port.js";

/** The Jacdac services that a deploy uses. */
export interface BoardServices {
  readonly manager: JDService;
  readonly settings: JDService;
  /** The Wi-Fi service; undefined for a simulated board, which has no Wi-Fi. */
  readonly wifi: JDService | undefined;
}

export interface LinkEvents {
  /** A line of the board's log. */
  line: [line: string];
  /** The port disappeared: the board was reset or unplugged. */
  disconnected: [];
  /** The port is open again. */
  reconnected: [];
}

export interface LinkOptions {
  /** The port's name in messages. */
  readonly path: string;
  /** Opens the port; called again whenever the port disappeared. */
  readonly open: OpenPort;
  /** How long to wait for the port to appear, in ms. After flashing, the port is missing for a moment. */
  readonly within?: number;
  /** Ends the attempts to open the port. */
  readonly signal?: AbortSignal;
}

/** Size of each write to the port, in bytes. Shorter data is padded with zeros, as jacdac-ts does. */
const CHUNK_SIZE = 64;
/** Time in ms without a frame after which the link asks the board for frames again. Boards send two frames per second. */
const MAX_SILENCE = 1500;
/** Interval in ms between checks of the port. */
const CHECK_INTERVAL = 250;
/** Time in ms to wait for the Wi-Fi service after the other services appeared. */
const WIFI_DELAY = 1500;

/** Connects jacdac-ts to the serial line. */
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

/** An open connection to a board. */
export class BoardLink extends Emitter<LinkEvents> {
  readonly path: string;
  readonly #open: OpenPort;
  readonly #transport: SerialTransport;
  readonly #bus: InstanceType<typeof jacdac.JDBus>;
  #port: SerialPort | undefined;
  #sending: Promise<void> = Promise.resolve();
  #lastFrameAt = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #opening = false;
  #isRequesting = false;
  #closed = false;

  private constructor({ path, open }: LinkOptions) {
    super();
    this.path = path;
    this.#open = open;
    this.#transport = new SerialTransport((frame) => this.#send(frame));
    this.#bus = new jacdac.JDBus([this.#transport], { client: false, disableRoleManager: true });
    // keeps the bus active, because a passive bus sends no frames
    this.#bus.passive = false;
  }

  /**
   * Opens the port.
   * @throws StepError when the port cannot be opened in time
   */
  static async open(options: LinkOptions): Promise<BoardLink> {
    const link = new BoardLink(options);
    const deadline = performance.now() + (options.within ?? 0);
    for (;;) {
      try {
        await link.#connect();
        break;
      } catch (error) {
        if (performance.now() >= deadline || options.signal?.aborted) {
          // stops the bus, whose timers would keep the process alive
          await link.close();
          throw explainOpenFailure(options.path, error);
        }
        await sleep(CHECK_INTERVAL);
      }
    }
    await link.#bus.connect();
    link.#timer = setInterval(() => void link.#checkPort(), CHECK_INTERVAL);
    return link;
  }

  /**
   * Waits until the board announces its services.
   * @param within the longest wait in ms
   * @throws StepError when the board does not announce DeviceScript's services
   */
  async waitForServices(within: number): Promise<BoardServices> {
    const deadline = performance.now() + within;
    let foundAt = Infinity;
    const findService = (serviceClass: number): JDService | undefined => this.#bus.services({ serviceClass })[0];
    for (;;) {
      const manager = findService(jacdac.SRV_DEVICE_SCRIPT_MANAGER);
      const settings = findService(jacdac.SRV_SETTINGS);
      const wifi = findService(jacdac.SRV_WIFI);
      const now = performance.now();
      if (manager && settings) {
        foundAt = Math.min(foundAt, now);
        if (wifi || now > foundAt + WIFI_DELAY) return { manager, settings, wifi };
      } else if (now > deadline) throw this.#noServicesError();
      await sleep(50);
    }
  }

  /** Closes the port. */
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
        this.#lastFrameAt = performance.now();
        if (!isBridgeFrame(frame)) this.#transport.receive(frame);
      },
      (bytes) => lines.push(bytes),
    );
    const port = await this.#open({
      data: (chunk) => decoder.push(chunk),
      disconnected: () => {
        if (this.#port !== port) return;
        this.#port = undefined;
        this.emit("disconnected");
      },
    });
    if (this.#closed) return port.close();
    this.#port = port;
    this.#requestFrames();
  }

  /** Reopens a lost port, and asks a silent board for frames. */
  async #checkPort(): Promise<void> {
    if (this.#opening) return;
    if (this.#port) {
      if (performance.now() - this.#lastFrameAt > MAX_SILENCE) this.#requestFrames();
      return;
    }
    this.#opening = true;
    await this.#connect().then(
      () => this.#closed || this.emit("reconnected"),
      () => {},
    );
    this.#opening = false;
  }

  /** Asks the board for frames and its log: after a reset, a board sends no frames until asked. */
  #requestFrames(): void {
    // does not queue more requests on a port that does not take them
    if (this.#isRequesting) return;
    this.#isRequesting = true;
    void this.#send(createBridgeFrame("packets"));
    void this.#send(createBridgeFrame("log")).then(() => (this.#isRequesting = false));
  }

  /** Queues a frame for sending. Frames for a lost port are dropped, as on any Jacdac bus. */
  #send(frame: Uint8Array): Promise<void> {
    const bytes = encodeFrame(frame);
    this.#sending = this.#sending.then(async () => {
      for (let i = 0; i < bytes.length; i += CHUNK_SIZE) {
        const chunk = new Uint8Array(CHUNK_SIZE);
        chunk.set(bytes.subarray(i, i + CHUNK_SIZE));
        await this.#port?.write(chunk).catch(() => {});
      }
    });
    return this.#sending;
  }

  #noServicesError(): StepError {
    if (!this.#port)
      return new StepError("the board", `${this.path} is gone.`, "Unplug the board, plug it in again, press RESET if it has that button, and retry.", { kind: "replug", details: { code: "port-lost" } }); // prettier-ignore
    if (this.#lastFrameAt > 0)
      return new StepError("the board", `The device on ${this.path} is not a DeviceScript board.`, "Name the port of the board: --port.", { kind: "other-board", details: { code: "no-runtime" } }); // prettier-ignore
    return new StepError(
      "the board",
      `The board on ${this.path} does not answer like a board with DeviceScript's runtime.`,
      "Press RESET and try again. If the board was never flashed, run npm run flash. Otherwise its USB chip may not support the runtime's 1,500,000 Bd (a CP2102 without N does not): use another board.", // prettier-ignore
      { kind: "reset", details: { code: "no-runtime" } },
    );
  }
}
