/** Buttons that send actions to a board, and the text that shows the result. */

import { type Action, type Outcome, postAction } from "../api.js";
import { confirm } from "../confirm.js";
import { findPart, setText } from "../dom.js";
import { count, duration } from "../formatting.js";
import type { BoardModel } from "../model.js";
import { setEnabled } from "../rights.js";

export class Actions {
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
    const name = this.model.label;
    if (
      action === "reboot" &&
      !(await confirm(
        `Restart ${name}?`,
        "During the restart, its lamp keeps its state or is off for some seconds.",
        "Restart",
      ))
    )
      return;
    this.busy = true;
    this.render();
    const online = this.model.device?.online;
    setText(this.outcome, online ? "Waiting for the board's reply …" : "The board is offline; waiting for it …");
    try {
      setText(this.outcome, outcomeText(action, await postAction(this.model.id, action)));
    } catch (e) {
      setText(this.outcome, (e as Error).message);
    }
    this.busy = false;
    this.render();
  }
}

/** If a program starts later than this after its board, in ms, the program crashed and was restarted. */
const PROGRAM_RESTARTED = 5000;

const DONE_TEXTS: Readonly<Record<Action, string>> = {
  identify: "The board's lamp blinks.",
  report: "The board reports",
  reboot: "The board restarts.",
};

function outcomeText(action: Action, outcome: Outcome): string {
  if (outcome.outcome === "pending") return "The board has not replied yet. It replies when it is online again.";
  if (outcome.outcome === "refused") return `The board refused: ${outcome.error ?? "no reason given"}.`;
  if (action !== "report") return DONE_TEXTS[action];
  const { light, led_on, uptime, rejected, connects, began = 0, waiting, dropped } = outcome;
  const parts = [
    light !== undefined && `light ${light}`,
    led_on !== undefined && `lamp ${led_on ? "on" : "off"}`,
    uptime !== undefined && `running for ${duration(uptime)}`,
    connects !== undefined && count(connects, "connection"),
    rejected !== undefined && `${count(rejected, "message")} refused`,
    waiting && `${count(waiting, "reading")} waiting`,
    dropped && `${count(dropped, "reading")} lost`,
    began > PROGRAM_RESTARTED && `program restarted ${duration(began)} after the board started`,
  ].filter(Boolean);
  return `${DONE_TEXTS.report}: ${parts.join(", ")}.`;
}
