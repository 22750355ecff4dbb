/** Data of a history plot: stored and live readings, lamp switches and gaps. Does not use the DOM. */

import type { ReadingPoint } from "../api.js";
import type { Bucket, HistoryAnswer, HistorySwitch } from "../../src/history/history.js";

/** A time range, in ms since 1970. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** Plot data in uPlot's format: one array per line, with null where the line is interrupted. */
export interface PlotColumns {
  readonly time: number[];
  readonly last: (number | null)[];
  readonly min: (number | null)[];
  readonly max: (number | null)[];
}

/** Largest number of points, and also of lamp switches. Beyond this number, live data displaces the oldest data. */
const MAX_POINTS = 5000;

export class HistorySeries {
  private readonly list: Bucket[];
  private readonly changes: HistorySwitch[];

  /** @param heartbeat longest time between two readings of an online board, in ms */
  constructor(
    private readonly answer: HistoryAnswer,
    private readonly heartbeat: number,
  ) {
    this.list = [...answer.points];
    this.changes = [...answer.switches];
  }

  get points(): readonly Bucket[] {
    return this.list;
  }

  /** Lamp switches, oldest first. */
  get switches(): readonly HistorySwitch[] {
    return this.changes;
  }

  /** Whether each point is a single reading rather than a bucket of several. */
  get hasSingleReadings(): boolean {
    return this.answer.step === 0;
  }

  /** Longest time between two points without a gap in the plot, in ms: two heartbeats or two buckets. */
  get maxSilence(): number {
    return 2 * Math.max(this.heartbeat, this.answer.step);
  }

  /** Adds a live reading, or merges it into the newest bucket. Ignores a reading older than the newest point. */
  addReading(time: number, light: number): void {
    const newest = this.list[this.list.length - 1];
    if (newest && time < newest.time) return;
    if (newest && time - newest.time < this.answer.step) {
      const { min, max, count } = newest;
      const merged = { min: Math.min(min, light), max: Math.max(max, light), last: light, count: count + 1 };
      this.list[this.list.length - 1] = { time: newest.time, ...merged };
    } else this.list.push({ time, min: light, max: light, last: light, count: 1 });
    if (this.list.length > MAX_POINTS) this.list.shift();
  }

  /** Adds a lamp switch that happened after the history was loaded. */
  addSwitch(change: HistorySwitch): void {
    this.changes.push(change);
    if (this.changes.length > MAX_POINTS) this.changes.shift();
  }

  /** Adds readings and a switch that arrived while this answer was on its way, unless the answer contains them. */
  addArrivals(readings: readonly (readonly [time: number, light: number])[], change: HistorySwitch | undefined): void {
    const newest = this.list.at(-1)?.time ?? -Infinity;
    for (const [time, light] of readings) if (time > newest) this.addReading(time, light);
    if (change && this.lampStateAt(Infinity) !== change.led_on) this.addSwitch(change);
  }

  /** Returns the lines to plot. Extends the last reading to `until`, unless that would hide a gap. */
  toColumns(until: number): PlotColumns {
    const columns: PlotColumns = { time: [], last: [], min: [], max: [] };
    const addPoint = (time: number, last: number | null, min: number | null, max: number | null) => {
      columns.time.push(time);
      columns.last.push(last);
      columns.min.push(min);
      columns.max.push(max);
    };
    for (const segment of this.splitAtGaps()) {
      // A point with null values interrupts the line.
      if (columns.time.length > 0) addPoint(segment[0].time - 1, null, null, null);
      for (const { time, last, min, max } of segment) addPoint(time, last, min, max);
    }
    const newest = this.list[this.list.length - 1];
    if (newest && until > newest.time && until - newest.time <= this.maxSilence)
      addPoint(until, newest.last, newest.last, newest.last);
    return columns;
  }

  /** Returns the time ranges with readings, up to `until`. Each reading covers one heartbeat interval or one bucket. */
  findCoveredRanges(until: number): TimeRange[] {
    const hold = this.maxSilence / 2;
    return this.splitAtGaps().map((segment) => {
      const last = segment[segment.length - 1].time;
      const open = segment[segment.length - 1] === this.list[this.list.length - 1] && until - last <= this.maxSilence;
      return { from: segment[0].time, to: open ? Math.max(last, until) : Math.min(last + hold, Math.max(last, until)) };
    });
  }

  /** Returns the time ranges between `from` and `until` that have no readings for longer than `maxSilence`. */
  findGapRanges(from: number, until: number): TimeRange[] {
    const gaps: TimeRange[] = [];
    let at = from;
    for (const span of this.findCoveredRanges(until)) {
      if (span.from - at > this.maxSilence) gaps.push({ from: at, to: span.from });
      at = Math.max(at, span.to);
    }
    if (until - at > this.maxSilence) gaps.push({ from: at, to: until });
    return gaps;
  }

  /** Returns the time ranges with the lamp on, between `from` and `until`. Excludes gaps, in which its state is unknown. */
  findLampOnRanges(from: number, until: number): TimeRange[] {
    const on: TimeRange[] = [];
    let since = this.answer.led_on ? from : undefined;
    for (const { time, led_on } of this.changes) {
      if (led_on) since ??= time;
      else if (since !== undefined) {
        on.push({ from: since, to: time });
        since = undefined;
      }
    }
    if (since !== undefined && until > since) on.push({ from: since, to: until });
    return intersectRanges(on, this.findCoveredRanges(until));
  }

  /** Returns whether the lamp was on at a time; null if unknown. */
  lampStateAt(time: number): boolean | null {
    return this.changes.findLast((change) => change.time <= time)?.led_on ?? this.answer.led_on;
  }

  /** Splits the points into segments without gaps. */
  private splitAtGaps(): Bucket[][] {
    const runs: Bucket[][] = [];
    let before = -Infinity;
    for (const point of this.list) {
      if (point.time - before > this.maxSilence) runs.push([]);
      runs[runs.length - 1].push(point);
      before = point.time;
    }
    return runs;
  }
}

/** Converts recent readings of a server without a history into a history answer for `from` to `to`. */
export function toHistoryAnswer(points: readonly ReadingPoint[], from: number, to: number): HistoryAnswer {
  const found: Bucket[] = [];
  const switches: HistorySwitch[] = [];
  let lamp: boolean | null = null;
  let first: boolean | null = null;
  for (const { time, light, led_on } of points) {
    const inside = time >= from && time < to;
    if (led_on !== null && led_on !== lamp) {
      if (inside && lamp !== null) switches.push({ time, led_on, by: "server", reason: "" });
      else first = led_on;
      lamp = led_on;
    }
    if (inside && light !== null) found.push({ time, min: light, max: light, last: light, count: 1 });
  }
  return { points: found, led_on: first, switches, step: 0 };
}

/** Downsamples points to at most `limit`, by combining neighbors. */
export function downsample(points: readonly Bucket[], limit: number): Bucket[] {
  const groupSize = Math.ceil(points.length / limit);
  const buckets: Bucket[] = [];
  for (let i = 0; i < points.length; i += groupSize) {
    const group = points.slice(i, i + groupSize);
    buckets.push({
      time: group[0].time,
      min: Math.min(...group.map(({ min }) => min)),
      max: Math.max(...group.map(({ max }) => max)),
      last: group[group.length - 1].last,
      count: group.reduce((sum, { count }) => sum + count, 0),
    });
  }
  return buckets;
}

/** Returns the intersection of two lists of time ranges. Both must be sorted and free of overlaps. */
function intersectRanges(a: readonly TimeRange[], b: readonly TimeRange[]): TimeRange[] {
  const found: TimeRange[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const from = Math.max(a[i].from, b[j].from);
    const to = Math.min(a[i].to, b[j].to);
    if (to > from) found.push({ from, to });
    if (a[i].to < b[j].to) i++;
    else j++;
  }
  return found;
}
