/** The plot of a board's page: which time it shows, what is known of it, and what is said of it in words. */

import { ApiError, csvPath, getHistory, getRecent } from "../api.js";
import { now } from "../clock.js";
import { part, text } from "../dom.js";
import type { BoardModel } from "../model.js";
import { DEFAULT_CADENCE } from "../../../contract/reporting.js";
import { exactly, stretch } from "./axis.js";
import { Chart } from "./chart.js";
import { LENGTHS, Period } from "./period.js";
import { fillSwitches, fillTable } from "./records.js";
import { summarize } from "./summary.js";
import { answerOf, Track } from "./track.js";

/** How often a plot that goes with the time asks the server anew: what a board sent late comes to its place. In ms. */
const REFRESH = 60_000;

const DAY = LENGTHS[2][1];

export class HistoryView {
  private readonly chart: Chart;
  private readonly box: HTMLElement;
  private readonly lengths: HTMLInputElement[];
  private readonly day: HTMLInputElement;
  private readonly later: HTMLButtonElement;
  private readonly latest: HTMLButtonElement;
  private readonly title: HTMLElement;
  private readonly readout: HTMLElement;
  private readonly summary: HTMLElement;
  private readonly note: HTMLElement;
  private readonly csv: HTMLAnchorElement;
  private readonly table: HTMLDetailsElement;
  private readonly rows: HTMLElement;
  private readonly switches: HTMLElement;
  private period = Period.latest(DAY);
  private track = new Track({ points: [], led_on: null, switches: [], step: 0 }, DEFAULT_CADENCE.heartbeat);
  /** Counts what was asked of the server: of the answers only the one to the last question counts. */
  private asked = 0;
  private answered = 0;
  private drawn = 0;
  private described = 0;
  private stale = false;
  private seen: { light: string | null; lamp: boolean | null };

  constructor(
    root: ParentNode,
    private readonly model: BoardModel,
  ) {
    this.box = part(root, "chart", HTMLElement);
    this.title = part(root, "stretch", HTMLElement);
    this.readout = part(root, "readout", HTMLElement);
    this.summary = part(root, "summary", HTMLElement);
    this.note = part(root, "history-note", HTMLElement);
    this.csv = part(root, "csv", HTMLAnchorElement);
    this.table = part(root, "table", HTMLDetailsElement);
    this.rows = part(root, "rows", HTMLElement);
    this.switches = part(root, "switches", HTMLElement);
    this.day = part(root, "day", HTMLInputElement);
    this.later = part(root, "later", HTMLButtonElement);
    this.latest = part(root, "latest", HTMLButtonElement);
    this.lengths = [...root.querySelectorAll<HTMLInputElement>('input[name="length"]')];
    this.seen = { light: model.device?.last_seen ?? null, lamp: model.lamp };
    this.chart = new Chart(this.box, {
      zoomed: (from, to) => this.go(Period.between(from, to)),
      pointed: (time) => text(this.readout, time === undefined ? "" : this.read(time)),
    });

    for (const input of this.lengths)
      input.addEventListener("change", () => this.go(this.period.withLength(Number(input.value))));
    part(root, "earlier", HTMLButtonElement).addEventListener("click", () => this.go(this.period.pan(-1, now())));
    this.later.addEventListener("click", () => this.go(this.period.pan(1, now())));
    this.latest.addEventListener("click", () => this.go(Period.latest(this.chosenLength())));
    this.day.addEventListener("change", () => {
      if (this.day.value !== "") this.go(Period.day(new Date(`${this.day.value}T00:00`).getTime()));
    });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("blur", () => this.chart.leave());
    this.table.addEventListener("toggle", () => this.describe());
    this.go(this.period);
  }

  /** Something was said of the board. */
  changed(): void {
    const { device, lamp } = this.model;
    const time = now();
    if (device?.light != null && device.last_seen !== null && device.last_seen !== this.seen.light) {
      this.track.add(Math.min(time, Date.parse(device.last_seen)), device.light);
      this.stale = true;
    }
    if (lamp !== null && this.seen.lamp !== null && lamp !== this.seen.lamp) {
      const by = device?.mode !== "auto" ? "person" : device.decided_by;
      this.track.addSwitch({ time, led_on: lamp, by, reason: device?.reason ?? "" });
      this.stale = true;
      this.described = 0;
    }
    this.seen = { light: device?.last_seen ?? null, lamp };
  }

  /** Time has passed: a plot that goes with it moves on, when that is more than nothing to see. */
  tick(): void {
    if (this.period.end !== undefined) return;
    const time = now();
    if (time - this.answered > REFRESH) {
      this.answered = time;
      void this.load();
    } else if (this.stale || time - this.drawn > this.period.length / this.chart.points) this.draw();
  }

  recolour(): void {
    this.chart.recolour();
  }

  /** Asks the server anew, after a time in which it could not be heard. */
  reload(): void {
    void this.load();
  }

  destroy(): void {
    this.asked++;
    this.chart.destroy();
  }

  private chosenLength(): number {
    return LENGTHS.find(([, length]) => length === this.period.length)?.[1] ?? DAY;
  }

  private go(period: Period): void {
    this.period = period;
    for (const input of this.lengths) input.checked = Number(input.value) === period.length;
    this.later.disabled = this.latest.disabled = period.end === undefined;
    void this.load();
  }

  private async load(): Promise<void> {
    const asked = ++this.asked;
    const { id } = this.model;
    const { from, to } = this.period.span(now());
    let problem = "";
    try {
      const answer = await getHistory(id, from, to, this.chart.points);
      if (asked !== this.asked) return;
      this.track = new Track(answer, this.heartbeat);
    } catch (e) {
      problem =
        e instanceof ApiError && e.status === 404 ? await this.recall(id, from, to, asked) : (e as Error).message;
      if (asked !== this.asked) return;
    }
    this.note.hidden = problem === "";
    text(this.note, problem);
    this.csv.hidden = problem !== "";
    this.answered = now();
    this.described = 0;
    this.draw();
  }

  /** What the server remembers without a history. Gives what is to be said about it. */
  private async recall(id: string, from: number, to: number, asked: number): Promise<string> {
    try {
      const points = await getRecent(id);
      if (asked === this.asked) this.track = new Track(answerOf(points, from, to), this.heartbeat);
      return "This server keeps no history: here are the latest readings that it remembers.";
    } catch (e) {
      return (e as Error).message;
    }
  }

  private draw(): void {
    const time = now();
    const span = this.period.span(time);
    const { device, threshold } = this.model;
    this.stale = false;
    this.drawn = time;
    const until = Math.min(span.to, this.until(time));
    this.chart.show({ track: this.track, span, until, threshold, hysteresis: device?.hysteresis ?? 0 });
    text(this.title, stretch(span.from, span.to));
    if (time - this.described > 10_000) this.describe();
  }

  /** Up to when the board is known to be there: what is not heard from is not plotted on. */
  private until(time: number): number {
    const { device, since } = this.model;
    if (!device || device.online) return time;
    return Math.min(time, since ?? time);
  }

  private describe(): void {
    this.described = now();
    const span = this.period.span(now());
    text(this.summary, summarize(this.track, span, now()));
    this.csv.href = csvPath(this.model.id, span.from, span.to);
    const day = new Date(span.to - 1);
    const pad = (n: number) => String(n).padStart(2, "0");
    if (document.activeElement !== this.day)
      this.day.value = `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}`;
    fillSwitches(this.switches, this.track);
    if (this.table.open) fillTable(this.rows, this.track);
  }

  /** What there is at a time. */
  private read(time: number): string {
    const point = this.track.points.findLast((point) => point.time <= time);
    if (!point) return "";
    const { min, max, last, count } = point;
    const round = (light: number) => String(Math.round(light * 10) / 10);
    const light = min === max ? `light ${round(last)}` : `light ${round(min)} to ${round(max)}, last ${round(last)}`;
    const lamp = this.track.lampAt(point.time);
    const many = count > 1 ? `, ${count} readings` : "";
    return `${exactly(point.time)}: ${light}${many}; lamp ${lamp === null ? "unknown" : lamp ? "on" : "off"}`;
  }

  private key(event: KeyboardEvent): void {
    const far = 1_000_000;
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageUp: -20,
      PageDown: 20,
      Home: -far,
      End: far,
    };
    if (event.key in steps) this.chart.move(steps[event.key]);
    else if (event.key === "Escape") this.chart.leave();
    else return;
    event.preventDefault();
  }

  /** The board's longest silence, in ms. */
  private get heartbeat(): number {
    return this.model.device?.heartbeat ?? DEFAULT_CADENCE.heartbeat;
  }
}
