import type { UpdateState } from "../devices/update-view.js";
import { clock } from "../time/monotonic-clock.js";
import type { FirmwareImage } from "./firmware-image.js";
import type { StoredUpdate } from "./stored-update.js";

/** The facts about an update that survive a restart of the server. */
export class UpdateRecord {
  /** The version to which the board can go back. */
  readonly previous: string | undefined;
  /** The version that the board reported before the update. It differs from `previous` if it crashes. */
  readonly replaced: string | undefined;
  /** Why the update has failed; undefined unless the state is `failed`. */
  problem: string | undefined;
  /** Whether the board has erased its old program for this update. */
  isErased: boolean;
  /** Whether the board has refused the update, so that nothing has changed on it. */
  isRefused: boolean;
  /** Whether the board starts the new version again and again, so that the update has failed. */
  isInCrashLoop: boolean;
  /** Whether the board had no working program when the update failed. */
  #wasErased: boolean;
  #state: UpdateState;
  #since: number | undefined;

  /** @param installed the version that the board reports now */
  constructor(installed: string | undefined, stored: Partial<StoredUpdate> = {}) {
    const { state = "waiting", previous = installed, problem } = stored;
    const { isErased = false, isRefused = false, isInCrashLoop = false } = stored;
    this.previous = previous;
    this.replaced = stored.replaced ?? (stored.state ? previous : installed);
    this.problem = problem;
    this.isErased = isErased;
    this.isRefused = isRefused;
    this.isInCrashLoop = isInCrashLoop;
    this.#wasErased = stored.wasErased ?? (state === "failed" && isErased);
    // The board may have returned to its program while this server was not running, so it has to be asked again.
    this.#state = state === "handing-over" && !isErased ? "waiting" : state;
    this.#since = stored.state ? stored.since : clock.wallNow();
  }

  get state(): UpdateState {
    return this.#state;
  }

  /** When the state began, in ms since 1970; undefined if an earlier version of the server has stored the update. */
  get since(): number | undefined {
    return this.#since;
  }

  get isActive(): boolean {
    return this.#state !== "done" && this.#state !== "failed";
  }

  enter(state: UpdateState): void {
    if (state !== this.#state) this.#since = clock.wallNow();
    this.#state = state;
  }

  finish(): void {
    this.problem = undefined;
    this.isErased = false;
    this.isRefused = false;
    this.isInCrashLoop = false;
    this.#wasErased = false;
    this.enter("done");
  }

  fail(problem: string): void {
    this.problem = problem;
    this.#wasErased = this.isErased;
    this.#since = clock.wallNow();
    this.enter("failed");
  }

  /**
   * Whether the update is over, and the board has installed another version since.
   * @param version the version of the update
   * @param installed the version that the board has reported last
   */
  isObsolete(version: string, installed = version): boolean {
    if (this.isActive) return false;
    // The board had no working program when the update failed, but has reported one since.
    if (this.#wasErased && !this.isErased) return true;
    if (installed === version) return false;
    return this.#state === "done" || this.isInCrashLoop || (this.replaced !== undefined && installed !== this.replaced);
  }

  toStored({ version, sha256 }: FirmwareImage): StoredUpdate {
    const { state, previous, replaced, problem, isErased, isRefused, isInCrashLoop, since } = this;
    return {
      state,
      version,
      sha256,
      previous,
      replaced,
      problem,
      isErased,
      isRefused,
      isInCrashLoop,
      wasErased: this.#wasErased,
      since,
    };
  }
}
