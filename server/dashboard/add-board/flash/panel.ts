/** The part of the view that flashes a board over a serial port of this computer. */

import { findPart, setText } from "../../dom.js";
import { message } from "../../messages/message.js";
import { getReadOnlyReason, setEnabled } from "../../rights.js";
import type { FlashAccounts } from "./accounts.js";
import { createUpdateUrl, getProgram, getRuntime } from "./api.js";
import { getBoards, type FlashableBoard } from "./boards.js";
import { explainFailure } from "./remedies.js";
import { BOARD_PORTS, getSerialSupport } from "./serial-support.js";
import type { FlashSession } from "./session.js";
import { StepList } from "./steps.js";
import { WifiForm } from "./wifi-form.js";

/** Facts about the new board that the panel needs. */
export interface NewBoardForm {
  /** Whether the boards' accounts are those of this server. */
  readonly ownsAccounts: boolean;
  /** Device id of the board; undefined while its name is not valid. */
  id(): string | undefined;
  /** URL of the broker for the board; "" if boards cannot reach it. */
  broker(): string;
  readonly accounts: FlashAccounts;
  /** Prevents changes of the name and the address while the board is flashed. */
  setLocked(isLocked: boolean): void;
}

const UNAVAILABLE = {
  "no-browser": "flashing.noBrowser",
  insecure: "flashing.insecure",
  framed: "flashing.framed",
} as const;

/** Number of log lines that the page keeps. */
const MAX_LOG_LINES = 500;

/** The person has cancelled. */
class CancelledError extends Error {}

export class FlashPanel {
  private readonly steps: StepList;
  private readonly wifi: WifiForm;
  private boards: readonly FlashableBoard[] = [];
  private session?: FlashSession;
  /** Whether the person chooses a port, or a session runs. */
  private isBusy = false;
  private isClosed = false;
  private logLines: string[] = [];
  /** The runtime that the person has chosen instead of the server's. */
  private file?: File;

  /** The part of the page, which keeps its elements after the view was closed. */
  private readonly place: HTMLElement;

  constructor(
    view: HTMLElement,
    private readonly form: NewBoardForm,
  ) {
    this.place = findPart(view, "flashing", HTMLElement);
    this.steps = new StepList(this.part("flash-steps", HTMLOListElement));
    this.wifi = new WifiForm(this.place);
    const file = this.part("flash-file", HTMLInputElement);
    file.addEventListener("change", () => (this.file = file.files?.[0]));
    this.part("flash-board", HTMLSelectElement).addEventListener("change", () => {
      this.showBoard();
      // the steps so far, and the chosen runtime, are for another type of board
      this.file = undefined;
      file.value = "";
      void this.forget();
    });
    this.onClick("flash-start", () => void this.start());
    this.onClick("flash-again", () => void this.run());
    this.onClick("flash-cancel", () => this.session?.cancel(new CancelledError()));
    this.onClick("flash-port", () => void this.choosePortAgain());
  }

  /** Shows the boards, or why this page cannot flash them. */
  async show(): Promise<void> {
    const support = getSerialSupport();
    const obstacle = support !== "available" ? message(UNAVAILABLE[support]) : this.form.ownsAccounts ? "" : message("flashing.otherBroker"); // prettier-ignore
    const unavailable = this.part("flash-unavailable", HTMLElement);
    setText(unavailable, obstacle);
    unavailable.hidden = !obstacle;
    if (obstacle || getReadOnlyReason()) return;
    this.boards = await getBoards();
    this.part("flash-board", HTMLSelectElement).append(
      ...this.boards.map(({ name, title }) => new Option(title, name)),
    );
    this.part("flash-form", HTMLElement).hidden = false;
    this.showBoard();
    this.update();
  }

  /** Adapts to a changed name or address. */
  update(): void {
    const isComplete = this.form.broker() !== "" && this.form.id() !== undefined;
    for (const button of ["flash-start", "flash-again"]) setEnabled(this.part(button, HTMLButtonElement), isComplete);
    this.part("flash-unreachable", HTMLElement).hidden = this.form.broker() !== "";
  }

  /** Stops a setup in progress. Must be called when the view is closed. */
  close(): void {
    this.isClosed = true;
    if (!this.isBusy) void this.forget();
    this.session?.cancel(new CancelledError());
  }

  private get board(): FlashableBoard {
    const { value } = this.part("flash-board", HTMLSelectElement);
    return this.boards.find(({ name }) => name === value)!;
  }

  private showBoard(): void {
    const { name, title, light, lamp } = this.board;
    setText(this.part("flash-pins", HTMLElement), message("flashing.pins", { light, lamp }));
    const drawing = this.part("flash-drawing", HTMLImageElement);
    drawing.src = `board-${name}.svg`;
    drawing.alt = message("flashing.drawing", { board: title });
  }

  /** Lets the person choose the port, then flashes the board at it. */
  private async start(): Promise<void> {
    const id = this.form.id();
    // ignores further clicks while the browser shows its list of ports
    if (id === undefined || this.isBusy) return;
    this.isBusy = true;
    const port = await this.choosePort();
    const code = port && (await this.loadSession());
    this.isBusy = false;
    if (!port || !code || this.isClosed) return;
    const { board } = this;
    this.logLines = [];
    this.session = new code.FlashSession(
      {
        board,
        ports: () => navigator.serial.getPorts(),
        id: () => this.form.id() ?? id,
        broker: () => this.form.broker(),
        runtime: async () =>
          this.file ? new Uint8Array(await this.file.arrayBuffer()) : getRuntime(board.file.archId),
        program: () => getProgram(board.name),
        account: () => this.form.accounts.obtain(),
        sendsAccount: () => this.form.accounts.keep(),
        updateUrl: createUpdateUrl,
      },
      port,
      {
        startStep: (step) => {
          this.steps.start(step);
          this.showHint("");
        },
        showProgress: (percent) => this.steps.showProgress(percent),
        addLogLine: (line) => this.addLogLine(line),
        showMissingPort: (isMissing) => this.showMissingPort(isMissing),
        askForReset: () => this.showHint(message("flashing.pressReset")),
        chooseNetwork: (networks, scan) => this.wifi.choose(networks, scan),
      },
    );
    await this.run();
  }

  /** Returns the port that the person chooses; undefined if there is none, which the page then explains. */
  private async choosePort(): Promise<SerialPort | undefined> {
    try {
      return await navigator.serial.requestPort({ filters: BOARD_PORTS });
    } catch (error) {
      const isNoChoice = error instanceof DOMException && error.name === "NotFoundError";
      const problem = isNoChoice ? message("flashing.noPort") : message("flashing.noAccess", { reason: String(error) });
      this.showFailure({ problem, remedy: message("flashing.remedyNoPort") }, false);
      return undefined;
    }
  }

  /** Loads the code for flashing, which few visitors need; undefined if it cannot be loaded, which the page explains. */
  private async loadSession(): Promise<typeof import("./session.js") | undefined> {
    try {
      return await import("./session.js");
    } catch {
      this.showFailure({ problem: message("page.unreachable"), remedy: message("flashing.remedyServer") }, false);
      return undefined;
    }
  }

  private async run(): Promise<void> {
    const { session } = this;
    if (!session) return this.start();
    if (this.isBusy || this.isClosed) return;
    this.isBusy = true;
    this.showRunning(true);
    try {
      await session.run();
      this.steps.complete();
      this.showHint(message("flashing.connected"));
      this.session = undefined;
      this.form.accounts.complete();
    } catch (error) {
      if (error instanceof CancelledError) await this.forget();
      else {
        this.steps.fail();
        this.showFailure(explainFailure(error), true);
        if (this.isClosed) await this.forget();
      }
    } finally {
      this.isBusy = false;
      this.showRunning(false);
    }
  }

  /** Ends a session that was cancelled or has failed. Deletes an account that no board has received. */
  private async forget(): Promise<void> {
    this.session = undefined;
    this.part("flash-steps", HTMLElement).hidden = true;
    this.part("flash-failure", HTMLElement).hidden = true;
    this.showHint("");
    await this.form.accounts.release();
  }

  private showRunning(isRunning: boolean): void {
    this.form.setLocked(isRunning);
    this.part("flash-board", HTMLSelectElement).disabled = isRunning;
    this.part("flash-start", HTMLButtonElement).hidden = isRunning;
    this.part("flash-cancel", HTMLButtonElement).hidden = !isRunning;
    if (isRunning) {
      this.part("flash-failure", HTMLElement).hidden = true;
      this.part("flash-steps", HTMLElement).hidden = false;
    } else {
      this.wifi.hide();
      this.part("flash-port", HTMLButtonElement).hidden = true;
    }
  }

  private showFailure({ problem, remedy }: { problem: string; remedy: string }, isRetryable: boolean): void {
    const failure = this.part("flash-failure", HTMLElement);
    setText(this.part("flash-problem", HTMLElement), problem);
    setText(this.part("flash-remedy", HTMLElement), remedy);
    this.part("flash-file-label", HTMLElement).hidden = this.steps.current !== "runtime" || !isRetryable;
    this.part("flash-again", HTMLButtonElement).hidden = !isRetryable;
    this.showHint("");
    failure.hidden = false;
  }

  private showMissingPort(isMissing: boolean): void {
    this.part("flash-port", HTMLButtonElement).hidden = !isMissing;
    if (isMissing) this.showHint(message("flashing.missingPort"));
  }

  private async choosePortAgain(): Promise<void> {
    const port = await navigator.serial.requestPort({ filters: BOARD_PORTS }).catch(() => undefined);
    if (port && this.session) this.session.port = port;
  }

  private showHint(text: string): void {
    const hint = this.part("flash-hint", HTMLElement);
    setText(hint, text);
    hint.hidden = text === "";
  }

  private addLogLine(line: string): void {
    this.logLines = [...this.logLines, line].slice(-MAX_LOG_LINES);
    const log = this.part("flash-log", HTMLDetailsElement);
    log.hidden = false;
    setText(this.part("flash-log-lines", HTMLElement), this.logLines.join("\n"));
  }

  private onClick(part: string, action: () => void): void {
    this.part(part, HTMLButtonElement).addEventListener("click", action);
  }

  private part<T extends Element>(name: string, kind: new () => T): T {
    return findPart(this.place, name, kind);
  }
}
