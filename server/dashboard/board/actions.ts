/** What a board can be asked to do, and what became of it. */

import { type Action, type Outcome, postAction } from "../api.js";
import { confirm } from "../confirm.js";
import { part, text } from "../dom.js";
import type { BoardModel } from "../model.js";
import { allow } from "../rights.js";
import { count, duration } from "../words.js";

export class Actions {
  private readonly buttons: HTMLButtonElement[];
  private readonly outcome: HTMLElement;
  private busy = false;

  constructor(
    root: ParentNode,
    private readonly model: BoardModel,
  ) {
    const place = part(root, "actions", HTMLElement);
    this.outcome = part(root, "outcome", HTMLElement);
    this.buttons = [...place.querySelectorAll<HTMLButtonElement>("button[value]")];
    for (const button of this.buttons) button.addEventListener("click", () => void this.ask(button.value as Action));
  }

  render(): void {
    // disabled buttons lose the focus: while one is at work the others stay, and do nothing
    for (const button of this.buttons) {
      allow(button);
      button.setAttribute("aria-disabled", String(this.busy));
    }
  }

  private async ask(action: Action): Promise<void> {
    if (this.busy) return;
    const name = this.model.label;
    if (
      action === "reboot" &&
      !(await confirm(
        `Restart ${name}?`,
        "Its lamp stays as it is meanwhile, or goes off for some seconds.",
        "Restart",
      ))
    )
      return;
    this.busy = true;
    this.render();
    text(this.outcome, this.model.device?.online ? "Asking the board …" : "The board is offline: waiting for it …");
    try {
      text(this.outcome, sentence(action, await postAction(this.model.id, action)));
    } catch (e) {
      text(this.outcome, (e as Error).message);
    }
    this.busy = false;
    this.render();
  }
}

/** A program that began later than this, in ms, did not do so with the board. */
const STARTED_ANEW = 5000;

const DONE: Readonly<Record<Action, string>> = {
  identify: "The board shows itself: its lamp blinks.",
  report: "The board reports",
  reboot: "The board restarts.",
};

function sentence(action: Action, outcome: Outcome): string {
  if (outcome.outcome === "pending") return "The board has not replied yet; it does so when it is there again.";
  if (outcome.outcome === "refused") return `The board refused: ${outcome.error ?? "it did not say why"}.`;
  if (action !== "report") return DONE[action];
  const { light, led_on, uptime, rejected, connects, began = 0, waiting, dropped } = outcome;
  const parts = [
    light !== undefined && `light ${light}`,
    led_on !== undefined && `lamp ${led_on ? "on" : "off"}`,
    uptime !== undefined && `running for ${duration(uptime)}`,
    connects !== undefined && count(connects, "connection"),
    rejected !== undefined && `${count(rejected, "message")} refused`,
    waiting && `${count(waiting, "reading")} waiting`,
    dropped && `${count(dropped, "reading")} lost`,
    // a board that starts has its program running within seconds
    began > STARTED_ANEW && `its program began anew ${duration(began)} after the start`,
  ].filter(Boolean);
  return `${DONE.report}: ${parts.join(", ")}.`;
}
