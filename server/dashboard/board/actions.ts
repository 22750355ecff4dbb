/** Buttons that send actions to a board, and the text that shows the result. */

import { type Action, type ActionOutcome, postAction } from "../api.js";
import { askForConfirmation } from "../confirm.js";
import { findPart, setText } from "../dom.js";
import { describeLamp } from "../labels.js";
import { formatDuration, formatLight } from "../messages/locale.js";
import { joinPhrases, message } from "../messages/message.js";
import type { BoardModel } from "../model.js";
import { setEnabled } from "../rights.js";

export class ActionButtons {
  private readonly buttons: HTMLButtonElement[];
  private readonly outcome: HTMLElement;
  private busy = false;

  constructor(
    root: ParentNode,
    private readonly model: BoardModel,
  ) {
    const place = findPart(root, "actions", HTMLElement);
    this.outcome = findPart(root, "outcome", HTMLElement);
    this.buttons = [...place.querySelectorAll<HTMLButtonElement>("button[value]")];
    for (const button of this.buttons)
      button.addEventListener("click", () => void this.sendAction(button.value as Action));
  }

  render(): void {
    // Use aria-disabled while an action runs, because disabled buttons lose the focus.
    for (const button of this.buttons) {
      setEnabled(button);
      button.setAttribute("aria-disabled", String(this.busy));
    }
  }

  private async sendAction(action: Action): Promise<void> {
    if (this.busy) return;
    if (action === "reboot" && !(await this.confirmRestart())) return;
    this.busy = true;
    this.render();
    const online = this.model.device?.online;
    setText(this.outcome, message(online ? "board.waitingForReply" : "board.waitingForBoard"));
    try {
      setText(this.outcome, describeOutcome(action, await postAction(this.model.id, action, MAX_ACTION_WAIT)));
    } catch (e) {
      setText(this.outcome, (e as Error).message);
    }
    this.busy = false;
    this.render();
  }

  private confirmRestart(): Promise<boolean> {
    const question = message("board.restartQuestion", { board: this.model.label });
    return askForConfirmation(question, message("board.restartConsequence"), message("board.restartConfirmed"));
  }
}

/** How long to wait for the outcome of an action, in s. The server lets an action expire after a minute. */
const MAX_ACTION_WAIT = 65;

/** Longest time from the start of a board to the first start of its program, in ms. A later start follows a crash. */
const MAX_PROGRAM_START_TIME = 5000;

function describeOutcome(action: Action, outcome: ActionOutcome): string {
  if (outcome.outcome === "pending" || outcome.outcome === "timeout") return message("board.noReply");
  if (outcome.outcome === "refused")
    return message("board.refused", { reason: outcome.error ?? message("board.noReason") });
  if (action === "identify") return message("board.blinks");
  if (action === "reboot") return message("board.restarts");
  const { light, led_on, uptime, rejected, connects, began = 0, waiting, dropped } = outcome;
  const parts = [
    light !== undefined && message("board.reportedLight", { light: formatLight(light) }),
    led_on !== undefined && describeLamp(led_on),
    uptime !== undefined && message("board.uptime", { duration: formatDuration(uptime) }),
    connects !== undefined && message("board.connections", { count: connects }),
    rejected !== undefined && message("board.messagesRefused", { count: rejected }),
    waiting && message("board.readingsWaiting", { count: waiting }),
    dropped && message("board.readingsLost", { count: dropped }),
    began > MAX_PROGRAM_START_TIME && message("board.programRestarted", { duration: formatDuration(began) }),
  ].filter((part) => typeof part === "string");
  return message("board.reports", { values: joinPhrases(parts) });
}
