/** Notice on the overview: how many boards have an update, and the update of all boards in waves. */

import { changeRollout, getUpdates, startRollout, type Device, type Rollout, type RolloutChange } from "../api.js";
import type { Boards } from "../boards.js";
import { askForConfirmation } from "../confirm.js";
import { attempt } from "../controls/attempt.js";
import { createElement, findPart, setText } from "../dom.js";
import { message } from "../messages/message.js";
import { setEnabled } from "../rights.js";

/** Largest number of boards that the notice names. */
const MAX_NAMED_BOARDS = 5;

/** Largest number of boards for which the notice says why they were left out. */
const MAX_REASONS = 100;

export class UpdatesNotice {
  private rollout: Rollout | null = null;
  private readonly notice = findPart(document, "updates", HTMLElement);
  private readonly text = findPart(document, "updates-text", HTMLElement);
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

  constructor(private readonly boards: Boards) {
    const { start, stop, resume, rollBack } = this.buttons;
    start.addEventListener("click", () => void this.askToStart());
    stop.addEventListener("click", () => void this.change("stop"));
    resume.addEventListener("click", () => void this.change("resume"));
    rollBack.addEventListener("click", () => void this.askToRollBack());
  }

  /** Loads the state of the rollout after a connect. Without it, the notice shows only which boards have an update. */
  async load(): Promise<void> {
    this.rollout = await getUpdates().then(
      ({ rollout }) => rollout,
      () => null,
    );
    this.render();
  }

  setRollout(rollout: Rollout): void {
    this.rollout = rollout;
    this.render();
  }

  render(): void {
    const { rollout, buttons } = this;
    const outdated = this.countOutdated();
    const isRunning = rollout?.state === "running";
    const isStopped = rollout?.state === "stopped";
    const isShown = isRunning || isStopped || outdated > 0;
    this.notice.hidden = !isShown;
    if (!isShown) return;
    setText(this.text, rollout && (isRunning || isStopped) ? describeRollout(rollout) : message("updates.boardsOutdated", { count: outdated })); // prettier-ignore
    this.progress.hidden = !isRunning;
    if (rollout) {
      this.progress.max = rollout.total;
      this.progress.value = rollout.done + rollout.failed + rollout.skipped;
    }
    const problem = isStopped ? describeProblem(rollout) : "";
    this.problem.hidden = problem === "";
    setText(this.problem, problem);
    this.renderSkipped();
    buttons.start.hidden = isRunning || isStopped;
    buttons.stop.hidden = !isRunning;
    buttons.resume.hidden = !isStopped;
    buttons.rollBack.hidden = !isStopped || rollout.roll_back;
    for (const button of Object.values(buttons)) setEnabled(button);
  }

  /** Shows which boards the last rollout has left out, except those that run the newest version now. */
  private renderSkipped(): void {
    const left = (this.rollout?.skipped_boards ?? []).filter(({ id }) => {
      const device = this.boards.get(id)?.device;
      return !device || isOutdated(device);
    });
    this.skipped.hidden = left.length === 0;
    setText(this.skippedSummary, message("updates.leftOut", { count: left.length }));
    const reasons = left.slice(0, MAX_REASONS).map(({ reason }) => reason);
    if (left.length > MAX_REASONS) reasons.push("…");
    const shown = [...this.skippedReasons.children].map(({ textContent }) => textContent);
    if (reasons.join("\n") !== shown.join("\n"))
      this.skippedReasons.replaceChildren(...reasons.map((reason) => createElement("li", reason)));
  }

  private countOutdated(): number {
    let count = 0;
    for (const { device } of this.boards.all) if (device?.online && isOutdated(device)) count++;
    return count;
  }

  private async askToStart(): Promise<void> {
    const question = message("updates.updateAllQuestion", { count: this.countOutdated() });
    const consequence = message("updates.updateAllConsequence");
    if (await askForConfirmation(question, consequence, message("updates.updateAllConfirmed")))
      await this.send(startRollout);
  }

  private async askToRollBack(): Promise<void> {
    const question = message("updates.rollBackQuestion");
    const consequence = message("updates.rollBackConsequence");
    if (await askForConfirmation(question, consequence, message("updates.rollBackConfirmed")))
      await this.change("roll-back");
  }

  private change(action: RolloutChange): Promise<void> {
    return this.send(() => changeRollout(action));
  }

  private async send(request: () => Promise<Rollout>): Promise<void> {
    await attempt(
      async () => this.setRollout(await request()),
      (problem) => {
        this.problem.hidden = problem === "";
        setText(this.problem, problem);
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

function describeProblem({ problem, failed_boards: failed }: Rollout): string {
  const shown = failed.slice(0, MAX_NAMED_BOARDS).join(", ") + (failed.length > MAX_NAMED_BOARDS ? " …" : "");
  const names = failed.length > 0 ? message("updates.notReturned", { boards: shown }) : "";
  return [problem ?? "", names].filter((text) => text !== "").join(" ");
}
