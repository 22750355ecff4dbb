/** Detail page of one board: current state, controls, actions and history. */

import { deleteDevice, deleteSimulatedBoard } from "../api.js";
import type { Boards } from "../boards.js";
import { askForConfirmation } from "../confirm.js";
import { attempt } from "../controls/attempt.js";
import { OverrideControl } from "../controls/override.js";
import { SimulatorControls } from "../controls/simulator.js";
import { setAttribute, cloneTemplate, findPart, setText, showDeviceId } from "../dom.js";
import { message } from "../messages/message.js";
import type { BoardModel } from "../model.js";
import { setEnabled } from "../rights.js";
import { formatZoneHash } from "../route.js";
import type { BoardSettings } from "../settings/board-settings.js";
import type { Editing, Editors } from "../settings/editing.js";
import type { RuleSliders, SliderTarget } from "../settings/rule-sliders.js";
import {
  describeDecider,
  describeBoardLamp,
  lightLabelOf,
  formatLightLevel,
  describeLostReadings,
  describeReason,
  describeRule,
  describeBoardState,
} from "../labels.js";
import type { Zones } from "../zones.js";
import { ActionButtons } from "./actions.js";
import { HistoryView } from "./history.js";
import { UpdateControl } from "./update.js";

export class BoardPage {
  private readonly element: HTMLElement;
  private readonly title: HTMLElement;
  private readonly override: OverrideControl;
  private readonly actions: ActionButtons;
  private readonly update: UpdateControl;
  private readonly forget: HTMLButtonElement;
  private readonly report: (problem: string) => void;
  private readonly unwatch: () => void;
  private history?: HistoryView;
  private sliders?: RuleSliders;
  private ownSettings?: BoardSettings;
  private readonly unsubscribe: () => void;
  private simulator?: SimulatorControls;
  private frame = 0;

  /** @param onDeleted called when the board was deleted, on this page or by another client */
  constructor(
    place: HTMLElement,
    readonly model: BoardModel,
    private readonly boards: Boards,
    private readonly zones: Zones,
    private readonly editing: Editing,
    onDeleted: () => void,
  ) {
    const content = cloneTemplate("board-template");
    this.element = findPart(content, "board", HTMLElement);
    this.title = findPart(content, "title", HTMLElement);
    const { id } = model;
    this.forget = findPart(content, "forget", HTMLButtonElement);
    const problem = findPart(content, "problem", HTMLElement);
    this.report = (sentence) => {
      problem.hidden = sentence === "";
      setText(problem, sentence);
    };
    const target = {
      getOverride: () => model.device,
      putOverride: (mode: "auto" | "on" | "off", duration?: number) => boards.override(id, mode, duration),
    };
    this.override = new OverrideControl(content, target, this.report);
    this.actions = new ActionButtons(content, model);
    this.update = new UpdateControl(content, model, this.report);
    this.forget.addEventListener("click", () => void this.askToForget());
    showDeviceId(findPart(content, "id", HTMLElement), id);
    place.replaceChildren(content);
    this.unwatch = boards.subscribe({
      changed: (changed) => changed === model && this.handleChange(),
      removed: (removed) => removed === model && onDeleted(),
    });
    this.unsubscribe = editing.subscribe(() => this.renderState());
    this.renderState();
  }

  /** Moves the focus to the title, so that a screen reader starts there. */
  focus(): void {
    this.title.focus({ preventScroll: true });
  }

  /** Redraws or reloads the history plot if it ends now. Must be called about once a second. */
  tick(): void {
    this.history?.tick();
  }

  /** Updates texts that depend on the current time. */
  updateTimeTexts(): void {
    this.renderState();
  }

  recolor(): void {
    this.history?.recolor();
  }

  /** Reloads the history after a reconnect. */
  reload(): void {
    this.history?.reload();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.unwatch();
    this.unsubscribe();
    this.sliders?.destroy();
    this.ownSettings?.destroy();
    this.history?.destroy();
    this.element.remove();
  }

  private handleChange(): void {
    this.history?.handleChange();
    if (this.frame === 0)
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.renderState();
      });
  }

  private renderState(): void {
    const { model, element } = this;
    const { device, lamp } = model;
    const setPartText = (name: string, value: string) => setText(findPart(element, name, HTMLElement), value);
    setAttribute(element, "data-lamp", lamp === null ? "unknown" : lamp ? "on" : "off");
    setAttribute(element, "data-online", String(device?.online ?? false));
    setAttribute(findPart(element, "lamp", Element), "aria-label", describeBoardLamp(model));
    setText(this.title, model.label);
    setPartText("state", describeBoardState(model));
    setPartText("light", formatLightLevel(device));
    setPartText("light-label", lightLabelOf(device));
    setPartText("decides", device ? message("board.decidedBy", { decider: describeDecider(model, this.zones) }) : "");
    setPartText("reason", describeReason(device) || message("state.noDecision"));
    setPartText("rule", device ? describeRule(device) : message("state.unknown"));
    const applied = device?.config_applied ?? null;
    for (const name of ["settings-title", "settings"]) findPart(element, name, HTMLElement).hidden = applied === null;
    setPartText("settings", message(applied ? "board.settingsApplied" : "board.settingsPending"));
    setPartText("missing", describeLostReadings(device) || message("board.none"));
    setPartText("firmware", device?.firmware ?? message("state.unknown"));
    setPartText("board-name", device?.board ?? message("state.unknown"));
    const zone = findPart(element, "zone-link", HTMLAnchorElement);
    zone.hidden = !device?.zone;
    findPart(element, "no-zone", HTMLElement).hidden = !zone.hidden;
    if (device?.zone) {
      zone.href = formatZoneHash(device.zone);
      setText(zone, this.zones.get(device.zone)?.label ?? device.zone);
    }
    this.override.render();
    this.actions.render();
    this.update.render();
    setEnabled(this.forget);
    if (model.board)
      this.simulator ??= new SimulatorControls(findPart(element, "simulator", HTMLElement), model, this.report);
    this.simulator?.render();
    if (device) this.history ??= new HistoryView(element, model);
    if (this.editing.editors) this.renderEditors(this.editing.editors);
  }

  private renderEditors(editors: Editors): void {
    const { element, model, zones, editing } = this;
    if (this.history) this.sliders ??= this.createSliders(editors, this.history);
    this.sliders?.render();
    const place = findPart(element, "own-settings", HTMLElement);
    this.ownSettings ??= new editors.BoardSettings(place, model, zones, editing.settings);
    this.ownSettings.render();
  }

  private createSliders({ RuleSliders }: Editors, history: HistoryView): RuleSliders {
    const { model, zones } = this;
    const getZone = (): string | null => model.device?.zone ?? null;
    const target: SliderTarget = {
      area: history.area,
      direction: "up",
      getRule: () => model.device,
      getPath: () => (getZone() === null ? ["devices", model.id, "rule"] : ["zones", getZone()!]),
      describeOwner: () =>
        getZone() === null
          ? message("settings.previewForBoard")
          : message("settings.previewForZone", { zone: zones.get(getZone()!)?.label ?? getZone()! }),
      preview: history.previewRule.bind(history),
    };
    const sliders = new RuleSliders(target, this.editing.settings);
    findPart(this.element, "chart", HTMLElement).after(sliders.bar);
    return sliders;
  }

  private async askToForget(): Promise<void> {
    const { id, label, board: simulated } = this.model;
    const question = message("board.forgetQuestion", { board: label });
    const consequence = message(simulated ? "board.forgetSimulatedConsequence" : "board.forgetConsequence");
    if (!(await askForConfirmation(question, consequence, message("board.forgetConfirmed")))) return;
    const forget = async (): Promise<void> => {
      // A simulated board that goes on running would reappear at once.
      if (simulated) await deleteSimulatedBoard(id);
      await deleteDevice(id);
    };
    if (await attempt(forget, this.report)) this.boards.remove(id);
  }
}
