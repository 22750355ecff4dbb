/** Notice on the overview: how many boards have an update, and the update of all boards in waves. */

import { changeRollout, getUpdates, startRollout, type Device, type Rollout, type RolloutChange } from "../api.js";
import type { Boards } from "../boards.js";
import { formatTime, now } from "../clock.js";
import { askForConfirmation } from "../confirm.js";
import { attempt } from "../controls/attempt.js";
import { createElement, findPart, setText } from "../dom.js";
import { joinWithAnd } from "../messages/locale.js";
import { message } from "../messages/message.js";
import { setEnabled } from "../rights.js";
import { readChoice, storeChoice } from "../stored-choice.js";

/** Largest number of boards that the notice names. */
const MAX_NAMED_BOARDS = 5;

/** Largest number of boards for which the notice says why they were left out. */
const MAX_REASONS = 100;

/** Largest number of versions that the summary names. */
const MAX_NAMED_VERSIONS = 3;

/** How long the notice says that the update of all boards has finished, in ms. */
const SUMMARY_TIME = 24 * 3600_000;

/** Key of the time at which the update ended whose summary the user has hidden. */
const HIDDEN_SUMMARY_KEY = "hidden-update-summary";

export class UpdatesNotice {
  private rollout: Rollout | null = null;
  /** Why the server has refused the last request; "" if it has not, or the rollout has changed since. */
  private refusal = "";
  private readonly notice = findPart(document, "updates", HTMLElement);
  private readonly summary = findPart(document, "updates-summary", HTMLElement);
  private readonly text = findPart(document, "updates-text", HTMLElement);
  private readonly crashed = findPart(document, "updates-crashed", HTMLElement);
  private readonly progress = findPart(document, "updates-progress", HTMLProgressElement);
  private readonly problem = findPart(document, "updates-problem", HTMLElement);
  private readonly skipped = findPart(document, "updates-skipped", HTMLDetailsElement);
  private readonly skippedSummary = findPart(document, "updates-skipped-summary", HTMLElement);
  private readonly skippedReasons = findPart(document, "updates-skipped-reasons", HTMLUListElement);
  private readonly buttons = {
    start: findPart(document, "updates-start", HTMLButtonElement),
    stop: findPart(document, "updates-stop", HTMLButtonElement),
    resume: findPart(document, "updates-resume", HTMLButtonElement),
    rollBack: findPart(document, "updates-roll-back", HTMLButtonElement),
  };
  private readonly hide = findPart(document, "updates-hide", HTMLButtonElement);

  constructor(private readonly boards: Boards) {
    const { start, stop, resume, rollBack } = this.buttons;
    start.addEventListener("click", () => void this.askToStart());
    stop.addEventListener("click", () => void this.change("stop"));
    resume.addEventListener("click", () => void this.change("resume"));
    rollBack.addEventListener("click", () => void this.askToRollBack());
    this.hide.addEventListener("click", () => {
      storeChoice(HIDDEN_SUMMARY_KEY, this.rollout?.ended_at ?? null);
      this.render();
    });
  }

  /** Loads the state of the rollout after a connect. Without it, the notice shows only which boards have an update. */
  async load(): Promise<void> {
    const before = this.rollout;
    const loaded = await getUpdates().then(
      ({ rollout }) => rollout,
      () => null,
    );
    // An event that has arrived meanwhile is newer.
    if (this.rollout === before) this.rollout = loaded;
    this.render();
  }

  setRollout(rollout: Rollout): void {
    this.rollout = rollout;
    this.refusal = "";
    this.render();
  }

  render(): void {
    const { rollout, buttons } = this;
    const isRunning = rollout?.state === "running";
    const isStopped = rollout?.state === "stopped";
    const isUnderWay = isRunning || isStopped;
    const summary = rollout ? describeEnd(rollout) : "";
    const outdated = this.listOutdated();
    this.notice.hidden = !isUnderWay && summary === "" && outdated.length === 0;
    if (this.notice.hidden) return;
    this.show(this.summary, summary);
    this.show(this.text, this.describeState(outdated.length));
    this.show(this.crashed, isRunning ? "" : describeCrashes(outdated));
    this.progress.hidden = !isRunning;
    if (rollout) {
      this.progress.max = rollout.total;
      this.progress.value = rollout.done + rollout.failed + rollout.skipped;
    }
    const problem = rollout && (isStopped || summary !== "") ? describeProblem(rollout) : "";
    this.show(this.problem, this.refusal || problem);
    this.renderSkipped(isUnderWay || summary !== "");
    buttons.start.hidden = isRunning || outdated.length === 0;
    buttons.stop.hidden = !isRunning;
    buttons.resume.hidden = !isStopped;
    const canRollBack = isStopped ? !rollout.roll_back : summary !== "";
    buttons.rollBack.hidden = !canRollBack || rollout?.to_roll_back === 0;
    for (const button of Object.values(buttons)) setEnabled(button);
    this.hide.hidden = summary === "";
  }

  private show(element: HTMLElement, text: string): void {
    element.hidden = text === "";
    setText(element, text);
  }

  /** Describes a rollout that has not finished, and how many boards have an update. */
  private describeState(outdated: number): string {
    const { rollout } = this;
    const state = rollout && rollout.state !== "finished" ? describeRollout(rollout) : "";
    if (outdated === 0 || rollout?.state === "running") return state;
    if (state === "") return message("updates.boardsOutdated", { count: outdated });
    return `${state} ${message("updates.boardsOutdatedAgain", { count: outdated })}`;
  }

  /**
   * Shows which boards the last rollout has left out, except those that run the newest version now.
   * @param isCurrent whether the notice shows the rollout
   */
  private renderSkipped(isCurrent: boolean): void {
    const { skipped_boards = [], roll_back = false } = this.rollout ?? {};
    const left = skipped_boards.filter(({ id }) => {
      const device = this.boards.get(id)?.device;
      return roll_back ? isCurrent : !device || isOutdated(device);
    });
    this.skipped.hidden = left.length === 0;
    const count = left.length;
    setText(this.skippedSummary, message(roll_back ? "updates.leftOutOfRollBack" : "updates.leftOut", { count }));
    const reasons = left.slice(0, MAX_REASONS).map(({ reason }) => reason);
    if (left.length > MAX_REASONS) reasons.push("…");
    const shown = [...this.skippedReasons.children].map(({ textContent }) => textContent);
    if (reasons.join("\n") !== shown.join("\n"))
      this.skippedReasons.replaceChildren(...reasons.map((reason) => createElement("li", reason)));
  }

  /** The boards that can be updated now. A rollout that was stopped continues with its own versions, so they do not count. */
  private listOutdated(): Device[] {
    const { state, roll_back, versions } = this.rollout ?? {};
    if (state === "stopped" && roll_back) return [];
    const included = new Set(state === "stopped" ? versions : []);
    const outdated: Device[] = [];
    for (const { device } of this.boards.all)
      if (device?.online && isOutdated(device) && !included.has(device.update!.latest!)) outdated.push(device);
    return outdated;
  }

  private async askToStart(): Promise<void> {
    const question = message("updates.updateAllQuestion", { count: this.listOutdated().length });
    const consequence = message("updates.updateAllConsequence");
    if (await askForConfirmation(question, consequence, message("updates.updateAllConfirmed")))
      await this.send(startRollout);
  }

  private async askToRollBack(): Promise<void> {
    const question = message("updates.rollBackQuestion");
    const consequence = message("updates.rollBackConsequence", { count: this.rollout?.to_roll_back ?? 0 });
    if (await askForConfirmation(question, consequence, message("updates.rollBackConfirmed")))
      await this.change("roll-back");
  }

  private change(action: RolloutChange): Promise<void> {
    return this.send(() => changeRollout(action));
  }

  private async send(request: () => Promise<Rollout>): Promise<void> {
    const before = this.rollout;
    await attempt(
      async () => {
        const rollout = await request();
        // An event that has arrived meanwhile may be newer. If it is not, the event of this change follows.
        if (this.rollout === before) this.setRollout(rollout);
      },
      (problem) => {
        this.refusal = problem;
        this.render();
      },
    );
  }
}

const isOutdated = ({ update, firmware }: Device): boolean => !!update?.latest && update.latest !== firmware;

function describeRollout({ state, roll_back, wave, ...counts }: Rollout): string {
  const step =
    state === "stopped"
      ? message("updates.stopped")
      : roll_back
        ? message("updates.rollingBack")
        : message(wave === 1 ? "updates.waveOne" : wave === 2 ? "updates.waveTenth" : "updates.waveAll");
  return `${step} ${message("updates.counts", counts)}`;
}

/** Describes a rollout that has finished; "" if it has not, long ago, or if the user has hidden it. */
function describeEnd({ state, ended_at, roll_back, done, total, versions }: Rollout): string {
  if (state !== "finished" || !ended_at || readChoice(HIDDEN_SUMMARY_KEY) === ended_at) return "";
  const ended = Date.parse(ended_at);
  if (now() - ended > SUMMARY_TIME) return "";
  const counts = { done, total, time: formatTime(ended) };
  if (roll_back) return message("updates.rolledBack", counts);
  return message("updates.finished", { ...counts, versions: nameSome(versions, MAX_NAMED_VERSIONS) });
}

/** Says on which boards the version that is offered has crashed before; "" if on none. */
function describeCrashes(outdated: readonly Device[]): string {
  const crashed = outdated.filter(({ update }) => update?.crashed && update.crashed.version === update.latest);
  if (crashed.length === 0) return "";
  return message("updates.crashedOn", { boards: nameSome(crashed.map(({ label }) => label), MAX_NAMED_BOARDS) }); // prettier-ignore
}

/** Joins names into a list, at most `max` of them. */
const nameSome = (names: readonly string[], max: number): string =>
  joinWithAnd(names.length > max ? [...names.slice(0, max), "…"] : names);

function describeProblem({ problem, failed_boards: failed }: Rollout): string {
  const names = failed.length > 0 ? message("updates.notReturned", { boards: nameSome(failed, MAX_NAMED_BOARDS) }) : "";
  return [problem ?? "", names].filter((text) => text !== "").join(" ");
}
