import { textOf } from "../common/errors.js";
import type { Device } from "../devices/devices.js";
import type { UpdateState } from "../devices/update-view.js";
import type { Log } from "../observability/log.js";
import type { Actions } from "../outputs/actions.js";
import { clock } from "../time/monotonic-clock.js";
import { LinkError, type AdapterLink } from "./adapter-link.js";
import type { FirmwareImage } from "./firmware-image.js";
import { HandoverRequest } from "./handover-request.js";
import { installProgram } from "./install-program.js";
import { StartCounter } from "./start-counter.js";
import type { StoredUpdate } from "./stored-update.js";
import { timeoutOf, type UpdateTimeouts } from "./timeouts.js";
import { ReadOnlyUpdate } from "./read-only-update.js";
import {
  describeAbsence,
  describeCrashes,
  describeMissingAdapter,
  describeRestart,
  describeTimeout,
  labelOf,
} from "./update-problems.js";

/** The hash that a board without a program reports. */
export const NO_PROGRAM_HASH = "0".repeat(64);

/** How often a board is asked for one update, if it restarts before it erases its old program. */
const MAX_REQUESTS = 3;

/** How an update has ended. `refused`: the board has refused it. */
export type UpdateOutcome = "done" | "failed" | "refused";

/** The parts of the server that an update uses. */
export interface BoardUpdateContext {
  readonly actions: Pick<Actions, "request" | "isFull">;
  readonly timeouts: UpdateTimeouts;
  readonly log: Log;
  /** Called after each change, to store and show it. */
  changed(update: BoardUpdate, isStateChange: boolean): void;
  /** Called when an update has ended. @param hasCrashed whether the program probably crashes */
  ended(update: BoardUpdate, outcome: UpdateOutcome, hasCrashed: boolean): void;
}

/**
 * The update of one board: asks the board to hand over, writes the program when the board's update adapter connects, and
 * waits until the board reports the new version. Survives lost connections and restarts of board and server.
 */
export class BoardUpdate extends ReadOnlyUpdate {
  readonly #context: BoardUpdateContext;
  readonly #request: HandoverRequest;
  #percent: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasHandedOver = false;
  #isWriting = false;
  /** Whether the board has reported the new version before the old connection ended. */
  #hasReported = false;
  /** The starts of the board since it has reported the new version. */
  #starts: StartCounter | undefined;
  /** The last start of the board in a crash loop. */
  #lastBoot: number | undefined;
  #link: AdapterLink | undefined;
  #isClosed = false;

  constructor(device: Device, image: FirmwareImage, context: BoardUpdateContext, stored?: Partial<StoredUpdate>) {
    super(device, image, stored);
    this.#context = context;
    this.#request = new HandoverRequest(device, context);
    if (this.state === "done" && this.since !== undefined) this.#countStarts(this.since);
  }

  /** Percentage of the program that is written; undefined unless the state is `writing`. */
  get percent(): number | undefined {
    return this.state === "writing" ? (this.#percent ?? 0) : undefined;
  }

  /** Whether the program is being written over an open connection. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** Starts or resumes the update. */
  start(): void {
    if (this.isInCrashLoop) this.#awaitRecovery();
    if (this.state === "waiting" && this.device.online) this.#askBoard();
    const duration = timeoutOf(this.state, this.#context.timeouts);
    if (duration === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(describeTimeout(this), this.state === "restarting"), duration);
  }

  /** Lets the update fail if the board stays offline, so that a rollout does not wait for ever. */
  limitWaiting(): void {
    const { waiting } = this.#context.timeouts;
    if (this.state !== "waiting") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      // a board that was asked has its own time limit
      if (!this.#request.isPending) this.#fail(describeAbsence(this.device, waiting));
    }, waiting);
  }

  /** Stops all work on the update, for example because another update replaces it. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Applies the status that the board has published. @param retained whether it may be older than the update */
  statusReceived(retained: boolean): void {
    const { device, image } = this;
    const { firmware, updating } = device.status ?? {};
    const runsImage = device.online === true && firmware === image.version;
    if (this.#isWriting) {
      if (runsImage && !retained) this.#hasReported = true;
      return;
    }
    if (updating) {
      // A status from before the request says nothing about the request.
      if (this.state === "waiting" && (retained || !this.#request.isPending)) return;
      this.#hasHandedOver = true;
      return;
    }
    if (!device.online) return;
    if (this.state === "waiting") this.#hasHandedOver = false;
    if (runsImage) {
      if (this.isInCrashLoop) {
        if (device.status?.boot !== this.#lastBoot && !retained) this.#awaitRecovery();
      } else if (this.state !== "done" || this.record.isErased) this.#finish();
      else if (!retained) this.#countStart();
      return;
    }
    // A board that reports another version runs its old program, so it did not erase it.
    const isKept = this.record.isErased && !retained;
    if (isKept) this.record.isErased = false;
    if (isKept && this.state === "writing") return this.#askAgain();
    if (isKept) this.#context.changed(this, true);
    if (this.state === "waiting") this.#askBoard();
    if (this.state !== "handing-over") return;
    if (this.#request.hasRestarted) this.#askAgain();
    else if (this.#hasHandedOver) this.#fail(describeMissingAdapter(device));
  }

  /** Uses a connection of the board's update adapter. */
  async adapterConnected(link: AdapterLink): Promise<void> {
    if (link === this.#link) return;
    this.#link = link;
    this.#hasReported = false;
    try {
      const hash = await link.readHash();
      if (this.#isClosed) return;
      const hasProgram = hash === this.image.sha256;
      // A failed update waits for a person, unless the board has no program at all.
      if (!this.isActive && hash !== NO_PROGRAM_HASH) return;
      if (!hasProgram) await this.#write(link);
      if (this.#isClosed) return;
      if (this.#hasReported) this.#finish();
      else if (this.state !== "restarting") this.#enter("restarting");
    } catch (error) {
      if (this.#isClosed) return;
      if (this.#hasReported) return this.#finish();
      if (!(error instanceof LinkError)) return this.#fail(`The update failed: ${textOf(error)}.`);
      if (error.kind === "refused")
        return this.#fail(`${labelOf(this.device)} could not be updated: ${error.message}.`);
      if (this.state === "writing") this.#enter("writing");
      // The connection was dead, so the board may have returned to its program.
      else if (this.state === "waiting") this.start();
    }
  }

  async #write(link: AdapterLink): Promise<void> {
    clearTimeout(this.#timer);
    this.record.isErased = true;
    // a board that refused the update, or whose program crashed, may have lost its program since
    this.record.isRefused = false;
    this.record.isInCrashLoop = false;
    this.record.problem = undefined;
    this.record.enter("writing");
    this.#isWriting = true;
    this.#percent = 0;
    this.#context.changed(this, true);
    try {
      await installProgram(link, this.image, {
        report: (percent) => this.#report(percent),
        isNeeded: () => !this.#isClosed,
      });
    } finally {
      this.#isWriting = false;
    }
  }

  #report(percent: number): void {
    if (percent === this.#percent || this.#isClosed) return;
    this.#percent = percent;
    this.#context.changed(this, false);
  }

  /** Asks a board that has restarted before it erased its old program. */
  #askAgain(): void {
    if (this.#request.count >= MAX_REQUESTS) return this.#fail(describeRestart(this.device));
    this.#hasHandedOver = false;
    this.#enter("waiting");
  }

  #askBoard(): void {
    if (this.#request.isPending) return;
    void this.#request.send(this.image).then((answer) => {
      if (this.#isClosed || this.state !== "waiting") return;
      if (answer.outcome === "accepted") return this.#enter("handing-over");
      this.record.isRefused = answer.outcome === "refused";
      this.#fail(answer.problem);
    });
  }

  /** Begins to count the starts of the board. @param done when the update was done, in ms since 1970 */
  #countStarts(done: number): void {
    const { observation } = this.#context.timeouts;
    const { firmware, boot } = this.device.status ?? {};
    this.#starts = new StartCounter(observation - Math.max(0, clock.wallNow() - done));
    if (firmware === this.image.version) this.#starts.add(boot);
  }

  #countStart(): void {
    if (!this.#starts?.add(this.device.status?.boot)) return;
    this.record.isInCrashLoop = true;
    this.#fail(describeCrashes(this), true);
    this.#awaitRecovery();
  }

  /** Lets a crash loop end when the board has run long enough without another start. */
  #awaitRecovery(): void {
    const { device, image } = this;
    this.#lastBoot = device.status?.boot;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const { online, status } = device;
      if (online && status?.firmware === image.version && status.boot === this.#lastBoot) this.#finish();
      else this.#awaitRecovery();
    }, this.#context.timeouts.observation);
  }

  #finish(): void {
    this.record.finish();
    this.#countStarts(clock.wallNow());
    this.#context.ended(this, "done", false);
    this.#enter("done");
    const { version } = this.image;
    this.#context.log.info("update", `${labelOf(this.device)} runs ${version}`, { id: this.device.id, version });
  }

  #fail(problem: string, hasCrashed = false): void {
    clearTimeout(this.#timer);
    this.record.fail(problem);
    this.#context.ended(this, this.record.isRefused ? "refused" : "failed", hasCrashed);
    const { id } = this.device;
    this.#context.log.warn("update", problem, { id, version: this.image.version });
    this.#context.changed(this, true);
  }

  #enter(state: UpdateState): void {
    clearTimeout(this.#timer);
    this.record.enter(state);
    this.start();
    this.#context.changed(this, true);
  }
}
