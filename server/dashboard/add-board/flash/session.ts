/** Installs runtime, program and settings on a board, step by step. Does not use the DOM. */

import { createBoardImage, isImageFor } from "../../../../flashing/board-image.js";
import { deployToBoard } from "../../../../flashing/deploy.js";
import { followUntilConnected } from "../../../../flashing/follow.js";
import { chipNameOf, ManualResetNeededError } from "../../../../flashing/loader/flasher.js";
import { LoaderFlasher } from "../../../../flashing/loader/loader-flasher.js";
import { BoardLink } from "../../../../flashing/serial/link.js";
import { createWebPortOpener } from "../../../../flashing/serial/web-port.js";
import { createBrokerSettings, type Settings } from "../../../../flashing/settings.js";
import { StepError } from "../../../../flashing/step-error.js";
import { scanNetworks, type WifiNetwork } from "../../../../flashing/wifi-scan.js";
import { message } from "../../messages/message.js";
import type { BoardAccount } from "../commands.js";
import type { FlashableBoard } from "./boards.js";

/** The steps of the setup. */
export type StepName = "chip" | "runtime" | "write" | "restart" | "wifi" | "account" | "program" | "connect";

/** The board to set up, and where its settings come from. A person may change id and broker after a failure. */
export interface FlashTarget {
  readonly board: FlashableBoard;
  /** Returns the ports to which the person has given access. */
  ports(): Promise<readonly SerialPort[]>;
  /** Returns the device id of the board. */
  id(): string;
  /** Returns the URL of the broker for the board. */
  broker(): string;
  runtime(): Promise<Uint8Array>;
  program(): Promise<Uint8Array>;
  /** Returns the board's account, and creates it if necessary; undefined if the broker needs none. */
  account(): Promise<BoardAccount | undefined>;
  /** Called before the account is sent: from now on the board may have the password, whatever happens. */
  sendsAccount(): void;
  updateUrl(id: string): Promise<string>;
}

/** A Wi-Fi network with its password. */
export interface WifiChoice {
  readonly name: string;
  readonly password: string;
}

/** Shows what happens, and asks the person. */
export interface FlashScreen {
  startStep(step: StepName): void;
  showProgress(percent: number): void;
  addLogLine(line: string): void;
  /** Shows whether the board's port is missing, so that the person can choose it again. */
  showMissingPort(isMissing: boolean): void;
  /** Says that a person must press RESET. */
  askForReset(): void;
  chooseNetwork(networks: readonly WifiNetwork[], scan: () => Promise<WifiNetwork[]>): Promise<WifiChoice>;
}

/** All boards can be flashed at this baud rate; higher rates sometimes fail. */
const FLASH_BAUD = 460_800;
/** Time limit in ms for the port to return after flashing; a person may have to reset the board or choose the port. */
const RETURN_TIMEOUT = 120_000;
/** Time limit in ms for a board to announce its services again before a scan. */
const SCAN_TIMEOUT = 10_000;
/** Time in ms after which a missing port is reported. */
const MISSING_PORT_DELAY = 4000;

/** The setup of one board. After a failure, another call of `run` continues with the remaining steps. */
export class FlashSession {
  #port: SerialPort;
  /** Ports of other boards, which were connected when the session began. */
  #otherPorts: ReadonlySet<SerialPort> | undefined;
  #missingSince: number | undefined;
  #isInstalled = false;
  readonly #cancellation = new AbortController();

  constructor(
    private readonly target: FlashTarget,
    port: SerialPort,
    private readonly screen: FlashScreen,
  ) {
    this.#port = port;
  }

  /** Uses another port, after the person has chosen the port again. */
  set port(port: SerialPort) {
    this.#port = port;
  }

  /** Stops a run, which closes the port and then rejects with `reason`. */
  cancel(reason: Error): void {
    this.#cancellation.abort(reason);
  }

  /** Runs the steps that are left. @throws StepError or ApiError */
  async run(): Promise<void> {
    this.#otherPorts ??= new Set((await this.#listConnectedPorts()).filter((port) => port !== this.#port));
    if (!this.#isInstalled) await this.#install();
    this.#isInstalled = true;
    this.#startStep("restart");
    const { signal } = this.#cancellation;
    const link = await BoardLink.open({
      path: message("flashing.thePort"),
      open: createWebPortOpener(() => this.#findPort()),
      within: RETURN_TIMEOUT,
      signal,
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
    try {
      await this.#setUp(link);
    } finally {
      await link.close();
    }
  }

  /** Sends program and settings to a board that runs DeviceScript's runtime, and waits until the board is connected. */
  async #setUp(link: BoardLink): Promise<void> {
    link.on("line", (line) => this.screen.addLogLine(line));
    await this.#untilCancelled(link.waitForServices(RETURN_TIMEOUT));
    this.#startStep("wifi");
    const scan = () => this.#scan(link);
    const choice = await this.#untilCancelled(this.screen.chooseNetwork(await this.#untilCancelled(scan()), scan));
    this.#startStep("account");
    const id = this.target.id();
    const account = await this.#untilCancelled(this.target.account());
    const settings: Settings = {
      ...createBrokerSettings(this.target.broker()),
      MQTT_USER: account?.name,
      MQTT_PWD: account?.password,
      NL_ID: id,
      UPDATE_URL: await this.#untilCancelled(this.#findUpdateUrl(id)),
      WIFI_SSID: choice.name,
      WIFI_PWD: choice.password,
    };
    this.#startStep("program");
    const bytecode = await this.#untilCancelled(this.target.program());
    this.target.sendsAccount();
    const connected = followUntilConnected(link, settings, async () => {
      await deployToBoard(link, { bytecode, settings }, { services: RETURN_TIMEOUT }, (percent) =>
        this.#showProgress(percent),
      );
      this.#startStep("connect");
    });
    await this.#untilCancelled(connected);
  }

  /** Makes the board scan. Looks for its services again, because the board may have been plugged in again. */
  async #scan(link: BoardLink): Promise<WifiNetwork[]> {
    const { board } = this.target;
    const { wifi } = await link.waitForServices(SCAN_TIMEOUT);
    if (!wifi) throw new StepError("wifi", message("flashing.noWifi", { board: board.title }), "", { kind: "other-board" }); // prettier-ignore
    return scanNetworks(wifi);
  }

  /** Returns the address for updates; undefined if there is none, because a board works without updates. */
  #findUpdateUrl(id: string): Promise<string | undefined> {
    return this.target.updateUrl(id).catch((error: Error) => {
      this.screen.addLogLine(error.message);
      return undefined;
    });
  }

  /** Writes the runtime with the board's pins. */
  async #install(): Promise<void> {
    const { board } = this.target;
    const flasher = new LoaderFlasher({
      name: message("flashing.thePort"),
      baud: FLASH_BAUD,
      port: async () => (await this.#findPort()) ?? this.#port,
      returnedPort: () => this.#findPort(),
    });
    try {
      this.#startStep("chip");
      const chip = await this.#untilCancelled(flasher.readChip());
      if (chip !== board.file.archId)
        throw new StepError("chip", message("flashing.wrongChip", { chip: chipNameOf(chip), board: board.title, expected: chipNameOf(board.file.archId) }), "", { kind: "other-board" }); // prettier-ignore
      this.#startStep("runtime");
      const runtime = await this.#untilCancelled(this.target.runtime());
      if (!isImageFor(chip, runtime)) throw new StepError("runtime", message("flashing.wrongFile", { chip: chipNameOf(chip) }), "", { kind: "report" }); // prettier-ignore
      const image = createBoardImage(board.name, board.file, runtime);
      this.#startStep("write");
      await this.#untilCancelled(flasher.write(image, (percent) => this.#showProgress(percent)));
    } catch (error) {
      if (!(error instanceof ManualResetNeededError)) throw error;
      this.screen.askForReset();
    } finally {
      await flasher.close();
    }
  }

  #startStep(step: StepName): void {
    this.#cancellation.signal.throwIfAborted();
    this.screen.startStep(step);
  }

  #showProgress(percent: number): void {
    if (!this.#cancellation.signal.aborted) this.screen.showProgress(percent);
  }

  /** Waits for a result, and rejects at once when the person cancels. The work then ends later, when its port is closed. */
  async #untilCancelled<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#cancellation;
    let onCancelled = () => {};
    const cancelled = new Promise<never>((_, reject) => (onCancelled = () => reject(signal.reason as Error)));
    work.catch(() => {});
    signal.throwIfAborted();
    signal.addEventListener("abort", onCancelled);
    try {
      return await Promise.race([work, cancelled]);
    } finally {
      signal.removeEventListener("abort", onCancelled);
    }
  }

  /** Returns the board's port, which may be another one after a reset; undefined while it is missing. */
  async #findPort(): Promise<SerialPort | undefined> {
    const ports = await this.#listConnectedPorts();
    const vendor = this.#port.getInfo().usbVendorId;
    const port = ports.includes(this.#port)
      ? this.#port
      : ports.find(
          (port) => vendor !== undefined && port.getInfo().usbVendorId === vendor && !this.#otherPorts?.has(port),
        );
    if (port) this.#missingSince = undefined;
    else this.#missingSince ??= performance.now();
    if (!this.#cancellation.signal.aborted)
      this.screen.showMissingPort(!port && performance.now() - this.#missingSince! > MISSING_PORT_DELAY);
    return port;
  }

  async #listConnectedPorts(): Promise<SerialPort[]> {
    return (await this.target.ports()).filter((port) => port.connected !== false);
  }
}
