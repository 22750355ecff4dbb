/** Program update of a board: the installed and the newest version, the progress, and the buttons. */

import { deleteUpdate, postUpdate, type Device } from "../api.js";
import { formatTime } from "../clock.js";
import { attempt } from "../controls/attempt.js";
import { findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import type { BoardModel } from "../model.js";
import { setEnabled } from "../rights.js";

type Update = NonNullable<Device["update"]>;

export class UpdateControl {
  private readonly section: HTMLElement;
  private readonly text: HTMLElement;
  private readonly crashed: HTMLElement;
  private readonly progress: HTMLProgressElement;
  private readonly start: HTMLButtonElement;
  private readonly previous: HTMLButtonElement;
  private readonly cancel: HTMLButtonElement;

  constructor(
    root: ParentNode,
    private readonly model: BoardModel,
    report: (problem: string) => void,
  ) {
    this.section = findPart(root, "update", HTMLElement);
    this.text = findPart(root, "update-text", HTMLElement);
    this.crashed = findPart(root, "update-crashed", HTMLElement);
    this.progress = findPart(root, "update-progress", HTMLProgressElement);
    this.start = findPart(root, "update-start", HTMLButtonElement);
    this.previous = findPart(root, "update-previous", HTMLButtonElement);
    this.cancel = findPart(root, "update-cancel", HTMLButtonElement);
    const { id } = model;
    this.start.addEventListener("click", () => void attempt(() => postUpdate(id), report));
    this.previous.addEventListener("click", () => {
      const version = model.device?.update?.previous;
      if (version) void attempt(() => postUpdate(id, version), report);
    });
    this.cancel.addEventListener("click", () => void attempt(() => deleteUpdate(id), report));
  }

  render(): void {
    const { device } = this.model;
    const update = device?.update;
    this.section.hidden = !update;
    if (!update) return;
    const { state, latest, previous, percent } = update;
    const isActive = state !== null && state !== "done" && state !== "failed";
    setText(this.text, describeUpdate(update, device.firmware));
    this.text.classList.toggle("problem", state === "failed");
    this.progress.hidden = !isActive;
    // without a value, the bar shows that the duration is unknown
    if (percent === null) this.progress.removeAttribute("value");
    else this.progress.value = percent;
    const isOutdated =
      latest !== null && latest !== device.firmware && !(state === "failed" && update.version === latest);
    this.show(this.start, !isActive && isOutdated, message("updates.update", { version: latest ?? "" }));
    const warning = this.start.hidden ? "" : describeCrash(update);
    this.crashed.hidden = warning === "";
    setText(this.crashed, warning);
    const isOffered = !this.start.hidden && previous === latest;
    const canReturn =
      previous !== null && !isActive && !isOffered && (state === "failed" || device.firmware !== previous);
    this.show(this.previous, canReturn, message("updates.installPrevious", { version: previous ?? "" }));
    this.show(this.cancel, state === "waiting", message("updates.giveUp"));
  }

  private show(button: HTMLButtonElement, isShown: boolean, text: string): void {
    button.hidden = !isShown;
    setText(button, text);
    setEnabled(button);
  }
}

/** Says that the version that is offered has crashed on this board before; "" if it has not. */
function describeCrash({ latest, crashed }: Update): string {
  if (!crashed || crashed.version !== latest) return "";
  return message("updates.crashed", { version: latest, time: formatTime(Date.parse(crashed.at)) });
}

function describeUpdate({ state, latest, version, percent, problem, since }: Update, firmware = ""): string {
  switch (state) {
    case "waiting":
      return message("updates.waiting");
    case "handing-over":
      return message("updates.handingOver");
    case "writing":
      return message("updates.writing", { percent: percent ?? 0 });
    case "restarting":
      return message("updates.restarting");
    case "failed":
      if (!problem || !since) return problem ?? "";
      return message("updates.failed", { time: formatTime(Date.parse(since)), problem });
    case "done":
      if (version === firmware && version === latest) return message("updates.done", { version: firmware });
  }
  if (latest === null) return message("updates.done", { version: firmware });
  if (latest === firmware) return message("updates.current", { installed: firmware });
  return message("updates.available", { latest, installed: firmware });
}
