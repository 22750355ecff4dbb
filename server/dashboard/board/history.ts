/** History section of a board's page: plot, time range, summary, table and list of switches. */

import { ApiError, csvPath, getHistory, getRecent } from "../api.js";
import { now } from "../clock.js";
import { part, text } from "../dom.js";
import type { BoardModel } from "../model.js";
import { DEFAULT_CADENCE } from "../../../contract/reporting.js";
import { dateTime, timeRange } from "./axis.js";
import { Chart } from "./chart.js";
import { LENGTHS, Period } from "./period.js";
import { fillSwitches, fillTable } from "./records.js";
import { summarize } from "./summary.js";
import { answerOf, Track } from "./track.js";

/** Time between two reloads of a plot that ends now, in ms. A reload includes readings that a board sent late. */
const RELOAD_INTERVAL = 60_000;
/** Time between two updates of the texts, in ms. */
const TEXT_INTERVAL = 10_000;

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
  /** Number of the latest request. Answers to earlier requests are ignored. */
  private requestNumber = 0;
  private lastLoaded = 0;
  private lastDrawn = 0;
  private lastDescribed = 0;
  private stale = false;
  /** The latest reading and lamp state that are in the plot. */
  private plotted: { light: string | null; lamp: boolean | null };

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
    this.plotted = { light: model.device?.last_seen ?? null, lamp: model.lamp };
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

  /** Must be called when the board changes. Adds its new reading and lamp state to the plot. */
  changed(): void {
    const { device, lamp } = this.model;
    const time = now();
    if (device?.light != null && device.last_seen !== null && device.last_seen !== this.plotted.light) {
      this.track.add(Math.min(time, Date.parse(device.last_seen)), device.light);
      this.stale = true;
    }
    if (lamp !== null && this.plotted.lamp !== null && lamp !== this.plotted.lamp) {
      const by = device?.mode !== "auto" ? "person" : device.decided_by;
      this.track.addSwitch({ time, led_on: lamp, by, reason: device?.reason ?? "" });
      this.stale = true;
      this.lastDescribed = 0;
    }
    this.plotted = { light: device?.last_seen ?? null, lamp };
  }

  /** Redraws or reloads a plot that ends now. Skips redraws that would move the plot by less than a point. */
  tick(): void {
    if (this.period.end !== undefined) return;
    const time = now();
    if (time - this.lastLoaded > RELOAD_INTERVAL) {
      this.lastLoaded = time;
      void this.load();
    } else if (this.stale || time - this.lastDrawn > this.period.length / this.chart.points) this.draw();
  }

  recolor(): void {
    this.chart.recolor();
  }

  /** Reloads the history after a reconnect. */
  reload(): void {
    void this.load();
  }

  destroy(): void {
    this.requestNumber++;
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
    const request = ++this.requestNumber;
    const { id } = this.model;
    const { from, to } = this.period.span(now());
    let problem = "";
    try {
      const answer = await getHistory(id, from, to, this.chart.points);
      if (request !== this.requestNumber) return;
      this.track = new Track(answer, this.heartbeat);
    } catch (e) {
      problem =
        e instanceof ApiError && e.status === 404 ? await this.loadRecent(id, from, to, request) : (e as Error).message;
      if (request !== this.requestNumber) return;
    }
    this.note.hidden = problem === "";
    text(this.note, problem);
    this.csv.hidden = problem !== "";
    this.lastLoaded = now();
    this.lastDescribed = 0;
    this.draw();
  }

  /** Loads the recent readings of a server without a history. Returns the note or error to show. */
  private async loadRecent(id: string, from: number, to: number, request: number): Promise<string> {
    try {
      const points = await getRecent(id);
      if (request === this.requestNumber) this.track = new Track(answerOf(points, from, to), this.heartbeat);
      return "This server stores no history. The plot shows only the latest readings.";
    } catch (e) {
      return (e as Error).message;
    }
  }

  private draw(): void {
    const time = now();
    const span = this.period.span(time);
    const { device, threshold } = this.model;
    this.stale = false;
    this.lastDrawn = time;
    const until = Math.min(span.to, this.until(time));
    this.chart.show({ track: this.track, span, until, threshold, hysteresis: device?.hysteresis ?? 0 });
    text(this.title, timeRange(span.from, span.to));
    if (time - this.lastDescribed > TEXT_INTERVAL) this.describe();
  }

  /** Returns until when the board was online, in ms. The plot does not extend the line beyond. */
  private until(time: number): number {
    const { device, since } = this.model;
    if (!device || device.online) return time;
    return Math.min(time, since ?? time);
  }

  private describe(): void {
    this.lastDescribed = now();
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

  /** Returns the reading at a time, as text. */
  private read(time: number): string {
    const point = this.track.points.findLast((point) => point.time <= time);
    if (!point) return "";
    const { min, max, last, count } = point;
    const round = (light: number) => String(Math.round(light * 10) / 10);
    const light = min === max ? `light ${round(last)}` : `light ${round(min)} to ${round(max)}, last ${round(last)}`;
    const lamp = this.track.lampAt(point.time);
    const readings = count > 1 ? `, ${count} readings` : "";
    return `${dateTime(point.time)}: ${light}${readings}; lamp ${lamp === null ? "unknown" : lamp ? "on" : "off"}`;
  }

  private key(event: KeyboardEvent): void {
    const toEnd = 1_000_000;
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageUp: -20,
      PageDown: 20,
      Home: -toEnd,
      End: toEnd,
    };
    if (event.key in steps) this.chart.move(steps[event.key]);
    else if (event.key === "Escape") this.chart.leave();
    else return;
    event.preventDefault();
  }

  /** The longest time between two readings while the board is online, in ms. */
  private get heartbeat(): number {
    return this.model.device?.heartbeat ?? DEFAULT_CADENCE.heartbeat;
  }
}
