import { textOf } from "../common/errors.js";
import type { Device } from "../devices/devices.js";
import type { Actions } from "../outputs/actions.js";
import type { FirmwareImage } from "./firmware-image.js";
import type { UpdateTimeouts } from "./timeouts.js";
import { describeFullQueue, describeMissingReply, describeOtherType, describeRefusal } from "./update-problems.js";

/** The board's answer to the action `update`. `failed`: there is no answer. */
export type HandoverAnswer =
  { readonly outcome: "accepted" } | { readonly outcome: "refused" | "failed"; readonly problem: string };

export interface HandoverOptions {
  readonly actions: Pick<Actions, "request" | "isFull">;
  readonly timeouts: Pick<UpdateTimeouts, "reply">;
}

/** Asks a board over MQTT to give its connection to its update adapter. */
export class HandoverRequest {
  readonly #device: Device;
  readonly #options: HandoverOptions;
  #isPending = false;
  #count = 0;
  #boot: number | undefined;

  constructor(device: Device, options: HandoverOptions) {
    this.#device = device;
    this.#options = options;
  }

  /** Whether the board has been asked and has not answered yet. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** How often the board was asked. */
  get count(): number {
    return this.#count;
  }

  /** Whether the program on the board has started again since the board was asked. */
  get hasRestarted(): boolean {
    const boot = this.#device.status?.boot;
    return this.#boot !== undefined && boot !== undefined && boot !== this.#boot;
  }

  /** Asks the board, unless it cannot run the image. Resolves with its answer. */
  async send(image: FirmwareImage): Promise<HandoverAnswer> {
    const { board, boot } = this.#device.status ?? {};
    if (board !== undefined && board !== image.board)
      return { outcome: "failed", problem: describeOtherType(this.#device, board, image) };
    if (this.#options.actions.isFull(this.#device))
      return { outcome: "failed", problem: describeFullQueue(this.#device) };
    this.#isPending = true;
    this.#count++;
    this.#boot = boot;
    try {
      return await this.#ask();
    } catch (error) {
      return { outcome: "failed", problem: textOf(error) };
    } finally {
      this.#isPending = false;
    }
  }

  async #ask(): Promise<HandoverAnswer> {
    const { actions, timeouts } = this.#options;
    const { completion } = await actions.request(this.#device, "update", timeouts.reply / 1000);
    const answer = await completion;
    if (answer.outcome === "done") return { outcome: "accepted" };
    if (answer.outcome === "refused")
      return { outcome: "refused", problem: describeRefusal(this.#device, answer.error) };
    return { outcome: "failed", problem: describeMissingReply(this.#device, timeouts.reply) };
  }
}
