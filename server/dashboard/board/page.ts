/** A board's own page. */

import { deleteDevice } from "../api.js";
import type { Boards } from "../boards.js";
import { confirm } from "../confirm.js";
import { attempt } from "../controls/attempt.js";
import { OverrideControl } from "../controls/override.js";
import { SimulatorControls } from "../controls/simulator.js";
import { attribute, copy, part, text, writeId } from "../dom.js";
import type { BoardModel } from "../model.js";
import { allow } from "../rights.js";
import { zonePath } from "../route.js";
import { decidesText, lampText, lightText, missingText, reasonText, ruleText, stateText } from "../sentences.js";
import type { Zones } from "../zones.js";
import { Actions } from "./actions.js";
import { HistoryView } from "./history.js";

export class BoardPage {
  private readonly element: HTMLElement;
  private readonly title: HTMLElement;
  private readonly override: OverrideControl;
  private readonly actions: Actions;
  private readonly forget: HTMLButtonElement;
  private readonly report: (problem: string) => void;
  private readonly unwatch: () => void;
  private history?: HistoryView;
  private simulator?: SimulatorControls;
  private frame = 0;

  /** `gone` is called when the board was forgotten, here or elsewhere. */
  constructor(
    place: HTMLElement,
    readonly model: BoardModel,
    private readonly boards: Boards,
    private readonly zones: Zones,
    gone: () => void,
  ) {
    const content = copy("board-template");
    this.element = part(content, "board", HTMLElement);
    this.title = part(content, "title", HTMLElement);
    const { id } = model;
    this.forget = part(content, "forget", HTMLButtonElement);
    const problem = part(content, "problem", HTMLElement);
    this.report = (sentence) => {
      problem.hidden = sentence === "";
      text(problem, sentence);
    };
    const target = {
      override: () => model.device,
      put: (mode: "auto" | "on" | "off", duration?: number) => boards.override(id, mode, duration),
    };
    this.override = new OverrideControl(content, target, this.report);
    this.actions = new Actions(content, model);
    this.forget.addEventListener("click", () => void this.askToForget());
    writeId(part(content, "id", HTMLElement), id);
    place.replaceChildren(content);
    this.unwatch = boards.watch({
      changed: (changed) => changed === model && this.changed(),
      removed: (removed) => removed === model && gone(),
    });
    this.render();
  }

  /** Gives the focus to its name, from where a reader goes on. */
  focus(): void {
    this.title.focus({ preventScroll: true });
  }

  /** Time has passed. */
  tick(): void {
    this.history?.tick();
  }

  /** Says in words what only time changes. */
  describe(): void {
    this.render();
  }

  recolour(): void {
    this.history?.recolour();
  }

  /** The server is heard again. */
  reload(): void {
    this.history?.reload();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.unwatch();
    this.history?.destroy();
    this.element.remove();
  }

  private changed(): void {
    this.history?.changed();
    if (this.frame === 0)
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.render();
      });
  }

  private render(): void {
    const { model, element } = this;
    const { device, lamp } = model;
    const say = (name: string, words: string) => text(part(element, name, HTMLElement), words);
    attribute(element, "data-lamp", lamp === null ? "unknown" : lamp ? "on" : "off");
    attribute(element, "data-online", String(device?.online ?? false));
    attribute(part(element, "lamp", Element), "aria-label", lampText(lamp));
    text(this.title, model.label);
    say("state", stateText(model));
    say("light", lightText(device));
    say("decides", device ? `${decidesText(model, this.zones)}: ` : "");
    say("reason", reasonText(device) || "Nothing was decided yet.");
    say("rule", device ? ruleText(device) : "unknown");
    say("missing", missingText(device) || "none");
    say("firmware", device?.firmware ?? "not said");
    say("board-name", device?.board ?? "not said");
    const zone = part(element, "zone-link", HTMLAnchorElement);
    zone.hidden = !device?.zone;
    part(element, "no-zone", HTMLElement).hidden = !zone.hidden;
    if (device?.zone) {
      zone.href = zonePath(device.zone);
      text(zone, this.zones.get(device.zone)?.label ?? device.zone);
    }
    this.override.render();
    this.actions.render();
    allow(this.forget);
    if (model.board)
      this.simulator ??= new SimulatorControls(part(element, "simulator", HTMLElement), model, this.report);
    this.simulator?.render();
    if (device) this.history ??= new HistoryView(element, model);
  }

  private async askToForget(): Promise<void> {
    const consequence =
      "Its history, its override and its settings go as well. It comes back by itself if it reports again.";
    if (!(await confirm(`Forget ${this.model.label}?`, consequence, "Forget"))) return;
    if (await attempt(() => deleteDevice(this.model.id), this.report)) this.boards.remove(this.model.id);
  }
}
