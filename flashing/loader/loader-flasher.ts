/** Reads a board's chip type and writes to its flash memory, with Espressif's library esptool-js. */
import { md5 } from "@noble/hashes/legacy.js";
import { ESPLoader, type Before } from "esptool-js";
import type { Image } from "../board-image.js";
import { toHex } from "../sha256.js";
import { sleep, waitAtMost } from "../sleep.js";
import { messageOf, StepError } from "../step-error.js";
import { BoardTransport, PortLostError, PortOpenError } from "./board-transport.js";
import { ManualResetNeededError, type Flasher, type WebSerialPort } from "./flasher.js";
import { explainLoaderFailure } from "./loader-failure.js";
import { ESPRESSIF_VENDOR, prepareRestart, stopWatchdogs } from "./native-usb.js";

export interface LoaderFlasherOptions {
  /** The port's name in messages. */
  readonly name: string;
  /** Returns the board's port, closed. */
  readonly port: () => Promise<WebSerialPort>;
  /** Returns the board's port after it left the bus, closed. It may be another one; undefined while it is missing. */
  readonly returnedPort: () => Promise<WebSerialPort | undefined>;
  /** Baud rate while flashing. */
  readonly baud: number;
  /** How often to reset the board until its boot loader answers. */
  readonly attempts?: number;
}

/** Baud rate of the boot loaders in ROM. */
const ROM_BAUD = 115_200;
/** Attempts to reset the board into its boot loader; together they take about six seconds. */
const CONNECT_ATTEMPTS = 7;
/** Time limit in ms for a native USB port to return after the reset into the boot loader. */
const RETURN_TIMEOUT = 10_000;
/** Errors of a port that is about to disappear: systems report them before the port is closed. */
const IO_ERROR = /\bE(IO|NXIO|NODEV|BADF)\b|input\/output error|no such device|device has been lost|is not open/i;
/** Longest time in ms between such an error and the port's disappearance. */
const LOSS_DELAY = 1000;
/** Time limit in ms for canceled work to end. */
const END_TIMEOUT = 3000;
/** Interval in ms between looks at the list of ports. */
const LIST_INTERVAL = 200;

/** esptool-js reports its steps here; failures are errors, so nothing is shown. */
const SILENT_TERMINAL = { clean() {}, write() {}, writeLine() {} };

export class LoaderFlasher implements Flasher {
  #port: WebSerialPort | undefined;
  #transport: BoardTransport | undefined;
  #loader: ESPLoader | undefined;
  #restarted = false;
  #closed = false;
  /** Resolves when the last work of esptool-js has ended. */
  #ended: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: LoaderFlasherOptions) {}

  async readChip(): Promise<string> {
    return this.#explain("the chip", async () => {
      await this.#connect(await this.options.port(), "default_reset").catch(async (error: unknown) => {
        // a chip with native USB may leave the bus when it enters its boot loader, and return as another device
        if (!(error instanceof PortLostError) || this.#port?.getInfo().usbVendorId !== ESPRESSIF_VENDOR) throw error;
        await this.#reconnect(error);
      });
      return this.#loader!.chip.CHIP_NAME.replace("-", "").toLowerCase();
    });
  }

  async write(image: Image, progress: (percent: number) => void): Promise<void> {
    const loader = this.#loader!;
    if (loader.secureDownloadMode)
      throw new StepError("flashing", "The chip accepts only signed programs (Secure Download Mode).", "Use another board: this setting of the chip is permanent.", { kind: "other-board" }); // prettier-ignore
    if (image.extraArguments.length > 0)
      throw new StepError("flashing", `The board's file has $flashToolArguments (${image.extraArguments.join(" ")}), which only esptool understands.`, "Install esptool and repeat the command with --esptool.", { kind: "other-board" }); // prettier-ignore
    const restart = await this.#explain("flashing", async () => {
      await loader.chip.postConnect?.(loader);
      await loader.runStub();
      if (this.options.baud !== ROM_BAUD) await loader.changeBaud();
      await checkFlashSize(loader, image);
      await loader.writeFlash({
        fileArray: [{ data: image.bytes, address: image.offset }],
        flashMode: "keep",
        flashFreq: "keep",
        flashSize: "keep",
        eraseAll: false,
        compress: true,
        reportProgress: (_, written, total) => progress((written / total) * 100),
        calculateMD5Hash: (bytes) => toHex(md5(bytes)),
      });
      return this.#restart(loader);
    });
    if (restart.byHand) throw new ManualResetNeededError();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const [loader, transport] = [this.#loader, this.#transport];
    if (!transport) return;
    // ends the work of a canceled step, whose commands would mix with those of the restart or of the port's next user
    transport.isStopped = true;
    const hasEnded = await waitAtMost(
      this.#ended.then(() => true),
      END_TIMEOUT,
    );
    // nothing was written, or not everything: leaves the board running what it has
    if (loader && hasEnded && !this.#restarted && !transport.lost.aborted) {
      transport.isStopped = false;
      await this.#untilLost(() => this.#restart(loader)).catch(() => {});
    }
    await transport.closePort();
  }

  async #connect(port: WebSerialPort, mode: Before): Promise<void> {
    const { baud, attempts = CONNECT_ATTEMPTS } = this.options;
    await this.#transport?.closePort();
    if (this.#closed) throw new Error("the connection to the board was closed");
    this.#port = port;
    this.#transport = new BoardTransport(port);
    const loader = new ESPLoader({
      transport: this.#transport,
      baudrate: baud,
      romBaudrate: ROM_BAUD,
      terminal: SILENT_TERMINAL,
    });
    await this.#untilLost(async () => {
      await loader.detectChip(mode, attempts);
      // at once, because the watchdogs would restart the chip during the download of the runtime
      if (!loader.secureDownloadMode) await stopWatchdogs(loader);
    });
    this.#loader = loader;
  }

  /** Connects to a port that left the bus, as soon as it exists again and can be opened. */
  async #reconnect(lost: PortLostError): Promise<void> {
    const deadline = performance.now() + RETURN_TIMEOUT;
    let failure: unknown = lost;
    while (performance.now() < deadline && !this.#closed) {
      const port = await this.options.returnedPort();
      if (port) {
        try {
          return await this.#connect(port, "no_reset");
        } catch (error) {
          // the system lists a new port before users may open it
          if (!(error instanceof PortOpenError || error instanceof PortLostError)) throw error;
          failure = error;
        }
      }
      await sleep(LIST_INTERVAL);
    }
    throw failure;
  }

  async #restart(loader: ESPLoader): Promise<{ byHand: boolean }> {
    const restart = await prepareRestart(loader);
    this.#restarted = true;
    // a native USB port disappears at the reset, so the last signals may find no port
    await loader.after("custom_reset", undefined, restart.sequence).catch(() => {});
    return restart;
  }

  /** Runs a step, and rejects at once when the port is lost. */
  async #untilLost<T>(work: () => Promise<T>): Promise<T> {
    const { lost } = this.#transport!;
    let onLost = () => {};
    const rejected = new Promise<never>((_, reject) => {
      onLost = () => this.#restarted || reject(lost.reason as PortLostError);
    });
    lost.addEventListener("abort", onLost);
    try {
      lost.throwIfAborted();
      const running = work();
      this.#ended = running.catch(() => {});
      return await Promise.race([running.catch((error: unknown) => this.#waitForLoss(error)), rejected]);
    } finally {
      lost.removeEventListener("abort", onLost);
    }
  }

  /** Rethrows an error. If the port fails before it disappears, waits for the port to disappear. */
  async #waitForLoss(error: unknown): Promise<never> {
    const { lost } = this.#transport!;
    const deadline = performance.now() + LOSS_DELAY;
    if (IO_ERROR.test(messageOf(error))) while (!lost.aborted && performance.now() < deadline) await sleep(10);
    if (!this.#restarted) lost.throwIfAborted();
    throw error;
  }

  async #explain<T>(step: string, work: () => Promise<T>): Promise<T> {
    try {
      return await (this.#transport ? this.#untilLost(work) : work());
    } catch (error) {
      throw explainLoaderFailure(step, error, this.options.name, this.#transport?.printed ?? "");
    }
  }
}

async function checkFlashSize(loader: ESPLoader, { bytes, offset }: Image): Promise<void> {
  const size = await loader.detectFlashSize();
  if (!size) throw new Error("Unable to verify flash chip: it does not report its size");
  if (offset + bytes.length <= loader.flashSizeBytes(size as Parameters<ESPLoader["flashSizeBytes"]>[0])) return;
  throw new StepError(
    "flashing",
    `The board's flash memory of ${size} is too small for DeviceScript, which needs 2 MB.`,
    "Use another board: see docs/reference/hardware.md.",
    { kind: "other-board" },
  );
}
