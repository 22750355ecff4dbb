/** What a board's plot is made of: readings from the past and those that come live, switches, gaps. Pure. */

import type { Point } from "../api.js";
import type { Bucket, HistoryAnswer, HistorySwitch } from "../../src/history/history.js";

/** From when to when, in ms since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What the plot draws, one array a line; null where the line is interrupted. */
export interface Columns {
  readonly time: number[];
  readonly last: (number | null)[];
  readonly min: (number | null)[];
  readonly max: (number | null)[];
}

/** More points than this come live only when nobody asked the server for long. */
const MOST = 5000;

export class Track {
  private readonly list: Bucket[];
  private readonly changes: HistorySwitch[];

  /** `heartbeat`: the longest silence of a board that is there, in ms. */
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

  /** Oldest first. */
  get switches(): readonly HistorySwitch[] {
    return this.changes;
  }

  /** Whether each point is a reading by itself. */
  get single(): boolean {
    return this.answer.step === 0;
  }

  /** A longer silence than this, in ms, is a gap: two heartbeats, or what two buckets cannot span. */
  get silence(): number {
    return 2 * Math.max(this.heartbeat, this.answer.step);
  }

  /** A reading came live. One that is older than the newest is left to the server's memory. */
  add(time: number, light: number): void {
    const newest = this.list[this.list.length - 1];
    if (newest && time < newest.time) return;
    if (newest && time - newest.time < this.answer.step) {
      const { min, max, count } = newest;
      const merged = { min: Math.min(min, light), max: Math.max(max, light), last: light, count: count + 1 };
      this.list[this.list.length - 1] = { time: newest.time, ...merged };
    } else this.list.push({ time, min: light, max: light, last: light, count: 1 });
    if (this.list.length > MOST) this.list.shift();
  }

  /** The lamp was switched just now. */
  addSwitch(change: HistorySwitch): void {
    this.changes.push(change);
    if (this.changes.length > MOST) this.changes.shift();
  }

  /** The lines. The last reading holds up to `until`, unless that is too long ago. */
  columns(until: number): Columns {
    const columns: Columns = { time: [], last: [], min: [], max: [] };
    const add = (time: number, last: number | null, min: number | null, max: number | null) => {
      columns.time.push(time);
      columns.last.push(last);
      columns.min.push(min);
      columns.max.push(max);
    };
    for (const run of this.runs()) {
      // a point without a light is where the line breaks
      if (columns.time.length > 0) add(run[0].time - 1, null, null, null);
      for (const { time, last, min, max } of run) add(time, last, min, max);
    }
    const newest = this.list[this.list.length - 1];
    if (newest && until > newest.time && until - newest.time <= this.silence)
      add(until, newest.last, newest.last, newest.last);
    return columns;
  }

  /** When there were readings, up to `until`: each holds for a heartbeat, or for its bucket. */
  heard(until: number): Span[] {
    const hold = this.silence / 2;
    return this.runs().map((run) => {
      const last = run[run.length - 1].time;
      const open = run[run.length - 1] === this.list[this.list.length - 1] && until - last <= this.silence;
      return { from: run[0].time, to: open ? Math.max(last, until) : Math.min(last + hold, Math.max(last, until)) };
    });
  }

  /** When there were none, between `from` and `until`. */
  gaps(from: number, until: number): Span[] {
    const gaps: Span[] = [];
    let at = from;
    for (const span of this.heard(until)) {
      if (span.from - at > this.silence) gaps.push({ from: at, to: span.from });
      at = Math.max(at, span.to);
    }
    if (until - at > this.silence) gaps.push({ from: at, to: until });
    return gaps;
  }

  /** When the lamp was on, from `from` up to `until`; of gaps nobody knows. */
  lampOn(from: number, until: number): Span[] {
    const on: Span[] = [];
    let since = this.answer.led_on ? from : undefined;
    for (const { time, led_on } of this.changes) {
      if (led_on) since ??= time;
      else if (since !== undefined) {
        on.push({ from: since, to: time });
        since = undefined;
      }
    }
    if (since !== undefined && until > since) on.push({ from: since, to: until });
    return common(on, this.heard(until));
  }

  /** Whether the lamp was on at a time; null when nobody knows. */
  lampAt(time: number): boolean | null {
    return this.changes.findLast((change) => change.time <= time)?.led_on ?? this.answer.led_on;
  }

  /** Points without a gap between them. */
  private runs(): Bucket[][] {
    const runs: Bucket[][] = [];
    let before = -Infinity;
    for (const point of this.list) {
      if (point.time - before > this.silence) runs.push([]);
      runs[runs.length - 1].push(point);
      before = point.time;
    }
    return runs;
  }
}

/** What a server without a history remembers, as an answer for `from` to `to`. */
export function answerOf(points: readonly Point[], from: number, to: number): HistoryAnswer {
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

/** Points put together to at most so many, for a table. */
export function thin(points: readonly Bucket[], most: number): Bucket[] {
  const each = Math.ceil(points.length / most);
  const thinned: Bucket[] = [];
  for (let i = 0; i < points.length; i += each) {
    const some = points.slice(i, i + each);
    thinned.push({
      time: some[0].time,
      min: Math.min(...some.map(({ min }) => min)),
      max: Math.max(...some.map(({ max }) => max)),
      last: some[some.length - 1].last,
      count: some.reduce((sum, { count }) => sum + count, 0),
    });
  }
  return thinned;
}

/** The stretches that are in both lists; each is in the order of time and does not overlap itself. */
function common(a: readonly Span[], b: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const from = Math.max(a[i].from, b[j].from);
    const to = Math.min(a[i].to, b[j].to);
    if (to > from) found.push({ from, to });
    if (a[i].to < b[j].to) i++;
    else j++;
  }
  return found;
}
