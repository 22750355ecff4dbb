/** History section of a board's page: plot, time range, summary, table and list of switches. */

import { csvPathOf } from "../api.js";
import { now } from "../clock.js";
import { findPart, setText } from "../dom.js";
import { describeLamp } from "../labels.js";
import { formatLight } from "../messages/locale.js";
import { message } from "../messages/message.js";
import type { BoardModel } from "../model.js";
import { BOARD_REASON } from "../reasons.js";
import { DEFAULT_CADENCE } from "../../../contract/reporting.js";
import { Arrivals } from "./arrivals.js";
import { formatDateTime, formatTimeRange } from "./axis.js";
import { Chart } from "./chart.js";
import { PERIOD_LENGTHS, Period, formatPeriodLength } from "./period.js";
import { fillSwitches, fillTable } from "./records.js";
import { summarize } from "./summary.js";
import { loadHistory, shortenRange } from "./history-loader.js";
import { HistorySeries, type TimeRange } from "./history-series.js";

/** Time between two reloads of a plot that ends now, in ms. A reload includes readings that a board sent late. */
const RELOAD_INTERVAL = 60_000;
/** Time between two updates of the summary, the list of switches and the table, in ms. */
const TEXT_UPDATE_INTERVAL = 10_000;

const DAY_LENGTH = PERIOD_LENGTHS[2];

export class HistoryView {
  private readonly chart: Chart;
  private readonly box: HTMLElement;
  private readonly lengths: HTMLInputElement[];
  private readonly day: HTMLInputElement;
  private readonly laterButton: HTMLButtonElement;
  private readonly latestButton: HTMLButtonElement;
  private readonly title: HTMLElement;
  private readonly cursorText: HTMLElement;
  private readonly summary: HTMLElement;
  private readonly note: HTMLElement;
  private readonly csv: HTMLAnchorElement;
  private readonly table: HTMLDetailsElement;
  private readonly rows: HTMLElement;
  private readonly switches: HTMLElement;
  private period = Period.latest(DAY_LENGTH);
  private series = new HistorySeries({ points: [], led_on: null, switches: [], step: 0 }, DEFAULT_CADENCE.heartbeat);
  /** Sequence number of the latest request. Answers to earlier requests are ignored. */
  private requestNumber = 0;
  /** When the board's readings begin, in ms since 1970; undefined if they begin before the time range. */
  private beginning?: number;
  /** When the latest request began or was answered, in ms. */
  private lastLoaded = 0;
  private isLoading = false;
  private readonly arrivals = new Arrivals();
  private lastDrawn = 0;
  private lastDescribed = 0;
  private stale = false;
  private previewed?: { readonly threshold: number; readonly hysteresis: number };
  /** The latest reading and lamp state that are in the plot. */
  private plotted: { light: string | null; lamp: boolean | null };

  constructor(
    root: ParentNode,
    private readonly model: BoardModel,
  ) {
    this.box = findPart(root, "chart", HTMLElement);
    this.title = findPart(root, "stretch", HTMLElement);
    this.cursorText = findPart(root, "readout", HTMLElement);
    this.summary = findPart(root, "summary", HTMLElement);
    this.note = findPart(root, "history-note", HTMLElement);
    this.csv = findPart(root, "csv", HTMLAnchorElement);
    this.table = findPart(root, "table", HTMLDetailsElement);
    this.rows = findPart(root, "rows", HTMLElement);
    this.switches = findPart(root, "switches", HTMLElement);
    this.day = findPart(root, "day", HTMLInputElement);
    this.laterButton = findPart(root, "later", HTMLButtonElement);
    this.latestButton = findPart(root, "latest", HTMLButtonElement);
    this.lengths = [...root.querySelectorAll<HTMLInputElement>('input[name="length"]')];
    this.plotted = { light: model.device?.last_seen ?? null, lamp: model.lamp };
    this.chart = new Chart(this.box, {
      rangeSelected: (from, to) => this.showPeriod(Period.between(from, to)),
      cursorMoved: (time) => setText(this.cursorText, time === undefined ? "" : this.formatReading(time)),
    });

    for (const input of this.lengths) {
      setText(input.nextElementSibling!, formatPeriodLength(Number(input.value)));
      input.addEventListener("change", () => this.showPeriod(this.period.withLength(Number(input.value))));
    }
    findPart(root, "earlier", HTMLButtonElement).addEventListener("click", () =>
      this.showPeriod(this.period.move(-1, now())),
    );
    this.laterButton.addEventListener("click", () => this.showPeriod(this.period.move(1, now())));
    this.latestButton.addEventListener("click", () => this.showPeriod(Period.latest(this.findSelectedLength())));
    this.day.addEventListener("change", () => {
      if (this.day.value !== "") this.showPeriod(Period.day(new Date(`${this.day.value}T00:00`).getTime()));
    });
    this.box.addEventListener("keydown", (event) => this.handleKey(event));
    this.box.addEventListener("blur", () => this.chart.hideCursor());
    this.table.addEventListener("toggle", () => this.updateTexts());
    // Show the title before the history arrives: a title that appears later would move the plot down.
    this.showTitle(this.rangeAt(now()));
    this.showPeriod(this.period);
  }

  /** The area of the plot, in which light 0 is at the bottom and light 1023 is at the top. */
  get area(): HTMLElement {
    return this.chart.area;
  }

  /** Shows another rule in the plot; undefined shows the rule in effect. */
  previewRule(rule: { readonly threshold: number; readonly hysteresis: number } | undefined): void {
    this.previewed = rule;
    this.draw();
  }

  /** Adds the board's new reading and lamp state to a plot that ends now. Must be called when the board changes. */
  handleChange(): void {
    if (this.period.end === undefined) this.addChange();
    const { device, lamp } = this.model;
    this.plotted = { light: device?.last_seen ?? null, lamp };
  }

  private addChange(): void {
    const { device, lamp } = this.model;
    const time = now();
    if (device?.light != null && device.last_seen !== null && device.last_seen !== this.plotted.light) {
      const at = Math.min(time, Date.parse(device.last_seen));
      this.series.addReading(at, device.light);
      if (this.isLoading) this.arrivals.addReading(at, device.light);
      this.stale = true;
    }
    if (lamp !== null && this.plotted.lamp !== null && lamp !== this.plotted.lamp) {
      // Only a simulated board shows its lamp while the server cannot reach it.
      const isAlone = device?.online === false;
      const by = isAlone ? "device" : device?.mode !== "auto" ? "person" : device.decided_by;
      const change = { time, led_on: lamp, by, reason: isAlone ? BOARD_REASON : (device?.reason ?? "") } as const;
      this.series.addSwitch(change);
      if (this.isLoading) this.arrivals.addSwitch(change);
      this.stale = true;
      this.lastDescribed = 0;
    }
  }

  /** Redraws or reloads a plot that ends now. Skips redraws that would move the plot by less than a point. */
  tick(): void {
    if (this.period.end !== undefined) return;
    const time = now();
    if (time - this.lastLoaded > RELOAD_INTERVAL) void this.loadPeriod();
    else if (this.stale || time - this.lastDrawn > this.pointInterval) this.draw();
  }

  recolor(): void {
    this.chart.recolor();
  }

  /** Reloads the history, after a reconnect or when late readings have arrived. */
  reload(): void {
    void this.loadPeriod();
  }

  destroy(): void {
    this.requestNumber++;
    this.chart.destroy();
  }

  private findSelectedLength(): number {
    return PERIOD_LENGTHS.find((length) => length === this.period.length) ?? DAY_LENGTH;
  }

  private showPeriod(period: Period): void {
    this.period = period;
    for (const input of this.lengths) input.checked = Number(input.value) === period.length;
    this.laterButton.disabled = this.latestButton.disabled = period.end === undefined;
    void this.loadPeriod();
  }

  private async loadPeriod(): Promise<void> {
    const request = ++this.requestNumber;
    this.isLoading = true;
    this.lastLoaded = now();
    const range = this.period.rangeAt(now());
    const loaded = await loadHistory(this.model.id, range, this.chart.wantedPointCount, this.heartbeatInterval);
    if (request !== this.requestNumber) return;
    this.isLoading = false;
    const { series, beginning, problem } = loaded;
    if (series) {
      if (this.period.end === undefined) this.arrivals.addTo(series);
      this.series = series;
    }
    this.arrivals.clear();
    this.beginning = beginning;
    this.note.hidden = problem === "";
    setText(this.note, problem);
    this.csv.hidden = problem !== "";
    this.lastLoaded = now();
    this.lastDescribed = 0;
    this.draw();
  }

  private draw(): void {
    const time = now();
    const span = this.rangeAt(time);
    const { device } = this.model;
    const { threshold, hysteresis } = this.previewed ?? {
      threshold: this.model.threshold,
      hysteresis: device?.hysteresis ?? 0,
    };
    this.stale = false;
    this.lastDrawn = time;
    const until = Math.min(span.to, this.findOnlineEnd(time));
    this.chart.setData({ series: this.series, span, until, threshold, hysteresis });
    this.showTitle(span);
    if (time - this.lastDescribed > TEXT_UPDATE_INTERVAL) this.updateTexts();
  }

  private showTitle({ from, to }: TimeRange): void {
    setText(this.title, formatTimeRange(from, to));
  }

  /** Returns the plotted time range, which begins with the first reading of a new board. */
  private rangeAt(time: number): TimeRange {
    return shortenRange(this.period.rangeAt(time), this.beginning);
  }

  /** The time between two points of the plot, in ms. */
  private get pointInterval(): number {
    const { from, to } = this.rangeAt(now());
    return (to - from) / this.chart.wantedPointCount;
  }

  /** Returns the latest time at which the board was online, in ms. The line of the plot ends there. */
  private findOnlineEnd(time: number): number {
    const { device, since } = this.model;
    if (!device || device.online) return time;
    return Math.min(time, since ?? time);
  }

  /** Updates the summary and the lists, unless their content is still being loaded. */
  private updateTexts(): void {
    if (this.isLoading) return;
    this.lastDescribed = now();
    const span = this.rangeAt(now());
    setText(this.summary, summarize(this.series, span, now()));
    this.csv.href = csvPathOf(this.model.id, span.from, span.to);
    const day = new Date(span.to - 1);
    const padNumber = (n: number) => String(n).padStart(2, "0");
    if (document.activeElement !== this.day)
      this.day.value = `${day.getFullYear()}-${padNumber(day.getMonth() + 1)}-${padNumber(day.getDate())}`;
    fillSwitches(this.switches, this.series);
    if (this.table.open) fillTable(this.rows, this.series);
  }

  /** Returns the newest reading that is not later than a time, as text; "" if there is none. */
  private formatReading(time: number): string {
    const point = this.series.points.findLast((point) => point.time <= time);
    if (!point) return "";
    const { min, max, last, count } = point;
    const shared = { time: formatDateTime(point.time), lamp: describeLamp(this.series.lampStateAt(point.time)) };
    if (count === 1) return message("history.readingAt", { ...shared, light: formatLight(last) });
    const range = { low: formatLight(min), high: formatLight(max), last: formatLight(last) };
    return message("history.readingsAt", { ...shared, ...range, readings: message("history.readingCount", { count }) });
  }

  private handleKey(event: KeyboardEvent): void {
    const toEnd = 1_000_000;
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      PageUp: -20,
      PageDown: 20,
      Home: -toEnd,
      End: toEnd,
    };
    if (event.key in steps) this.chart.moveCursor(steps[event.key]);
    else if (event.key === "Escape") this.chart.hideCursor();
    else return;
    event.preventDefault();
  }

  /** The longest time between two readings while the board is online, in ms. */
  private get heartbeatInterval(): number {
    return this.model.device?.heartbeat ?? DEFAULT_CADENCE.heartbeat;
  }
}
