/** The list of steps on the page. */

import { setText } from "../../dom.js";
import { message } from "../../messages/message.js";
import type { MessageKey } from "../../messages/types.js";
import type { StepName } from "./session.js";

/** The steps with their texts, in order. */
const STEPS = {
  chip: "flashing.stepChip",
  runtime: "flashing.stepRuntime",
  write: "flashing.stepWrite",
  restart: "flashing.stepRestart",
  wifi: "flashing.stepWifi",
  account: "flashing.stepAccount",
  program: "flashing.stepProgram",
  connect: "flashing.stepConnect",
} as const satisfies Record<StepName, MessageKey>;

const NAMES = Object.keys(STEPS) as StepName[];

export class StepList {
  #current: StepName | undefined;

  constructor(private readonly list: HTMLOListElement) {
    for (const name of NAMES) {
      const item = document.createElement("li");
      item.dataset.step = name;
      for (const part of ["label", "state"]) item.append(Object.assign(document.createElement("span"), { className: part })); // prettier-ignore
      item.children[0].textContent = message(STEPS[name]);
      list.append(item);
    }
  }

  /** The step that runs or has failed. */
  get current(): StepName | undefined {
    return this.#current;
  }

  /** Shows that a step runs, and that all before it are complete. */
  start(step: StepName): void {
    this.#current = step;
    this.#show(step, "running", message("flashing.running"));
  }

  showProgress(percent: number): void {
    if (this.#current)
      setText(this.#stateOf(this.#current), message("flashing.percent", { percent: Math.floor(percent) }));
  }

  /** Shows that the current step has failed. */
  fail(): void {
    if (this.#current) this.#show(this.#current, "failed", message("flashing.failed"));
  }

  /** Shows that all steps are complete. */
  complete(): void {
    this.#show(undefined, "done", "");
  }

  #show(step: StepName | undefined, state: "running" | "failed" | "done", text: string): void {
    const at = step ? NAMES.indexOf(step) : NAMES.length;
    NAMES.forEach((name, i) => {
      const item = this.#itemOf(name);
      item.dataset.state = i < at ? "done" : i === at ? state : "waiting";
      item.toggleAttribute("aria-current", i === at);
      setText(this.#stateOf(name), i < at ? message("flashing.done") : i === at ? text : "");
    });
  }

  #itemOf(name: StepName): HTMLElement {
    return this.list.querySelector<HTMLElement>(`[data-step="${name}"]`)!;
  }

  #stateOf(name: StepName): Element {
    return this.#itemOf(name).children[1];
  }
}
