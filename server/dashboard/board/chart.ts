/** The plot of a board: uPlot draws the light, and around it what the rule, the lamp and the gaps were. */

import uPlot from "uplot";
import { type Palette, palette } from "../palette.js";
import { axisLabels } from "./axis.js";
import type { Span, Track } from "./track.js";

const FULL = 1023;

/** What is plotted. */
export interface Scene {
  readonly track: Track;
  readonly span: Span;
  /** Up to when there can be readings, in ms. */
  readonly until: number;
  readonly threshold: number;
  readonly hysteresis: number;
}

export interface ChartEvents {
  /** A stretch of time was marked, in ms. */
  zoomed(from: number, to: number): void;
  /** The cursor is at this time, in ms; undefined when it is nowhere. */
  pointed(time: number | undefined): void;
}

export class Chart {
  private readonly plot: uPlot;
  private readonly sizes: ResizeObserver;
  private colours: Palette = palette();
  private scene?: Scene;

  constructor(
    private readonly box: HTMLElement,
    private readonly events: ChartEvents,
  ) {
    this.plot = new uPlot(this.options(), [[], [], [], []], box);
    this.sizes = new ResizeObserver(() => this.plot.setSize(this.size()));
    this.sizes.observe(box);
  }

  /** How many points across are worth having. */
  get points(): number {
    return Math.min(2000, Math.max(200, Math.round(this.box.clientWidth)));
  }

  show(scene: Scene): void {
    this.scene = scene;
    const { time, last, min, max } = scene.track.columns(scene.until);
    this.plot.setData([time, last, min, max], true);
  }

  /** The colour scheme has changed. */
  recolour(): void {
    this.colours = palette();
    this.plot.redraw();
  }

  /** Moves the cursor by so many points; to an end by as many as there can be. */
  move(by: number): void {
    const times = this.plot.data[0];
    if (times.length === 0) return;
    const { left = -1, idx } = this.plot.cursor;
    const start = by > 0 ? -1 : times.length;
    let at = left < 0 || idx == null ? start : idx;
    const end = by > 0 ? times.length - 1 : 0;
    do at = Math.max(0, Math.min(times.length - 1, at + by));
    while (this.plot.data[1][at] == null && at !== end);
    this.plot.setCursor({ left: Math.max(0, this.plot.valToPos(times[at], "x")), top: 0 });
  }

  /** Takes the cursor away. */
  leave(): void {
    this.plot.setCursor({ left: -10, top: -10 });
  }

  destroy(): void {
    this.sizes.disconnect();
    this.plot.destroy();
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(200, this.box.clientWidth), height: Math.max(160, this.box.clientHeight) };
  }

  private options(): uPlot.Options {
    const stepped = uPlot.paths.stepped!({ align: 1 });
    const linear = uPlot.paths.linear!();
    const grid = { stroke: () => this.colours.grid, width: 1 };
    const look = { stroke: () => this.colours.text, grid, ticks: grid, font: this.colours.font };
    return {
      ...this.size(),
      ms: 1,
      legend: { show: false },
      padding: [12, 12, 0, 0],
      cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: 6 }, points: { size: 9, width: 2 } },
      scales: {
        x: { time: true, range: () => [this.scene?.span.from ?? 0, this.scene?.span.to ?? 1] },
        y: { range: [0, FULL] },
      },
      series: [
        {},
        {
          stroke: () => this.colours.line,
          width: 2,
          // a reading by itself holds until the next one: boards report when the light moved
          paths: (u, series, from, to) => (this.scene?.track.single ? stepped : linear)(u, series, from, to),
          points: { size: 5, fill: () => this.colours.line },
        },
        { stroke: () => this.colours.faint, width: 1, points: { show: false } },
        { stroke: () => this.colours.faint, width: 1, points: { show: false } },
      ],
      bands: [{ series: [3, 2], fill: () => this.colours.faint }],
      axes: [
        {
          ...look,
          space: 76, // CSS pixels between two labels: room for a time with AM or PM
          values: (_plot, times, _axis, _space, step) => axisLabels(times, step),
        },
        { ...look, size: 44, splits: () => [0, 250, 500, 750, 1000], values: (_plot, lights) => lights.map(String) },
      ],
      hooks: {
        drawClear: [(plot) => this.drawBelow(plot)],
        draw: [(plot) => this.drawAbove(plot)],
        setCursor: [(plot) => this.point(plot)],
        setSelect: [(plot) => this.zoom(plot)],
      },
    };
  }

  private point(plot: uPlot): void {
    const { left = -1, idx } = plot.cursor;
    this.events.pointed(left < 0 || idx == null ? undefined : plot.data[0][idx]);
  }

  private zoom(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width === 0) return;
    const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.events.zoomed(from, to);
  }

  /** Gaps, when the lamp was on, and the hysteresis band. */
  private drawBelow(plot: uPlot): void {
    if (!this.scene) return;
    const { track, span, until, threshold, hysteresis } = this.scene;
    const { ctx, bbox } = plot;
    const end = Math.min(span.to, until);
    const strip = 4 * devicePixelRatio;
    const each = (spans: readonly Span[], draw: (left: number, width: number) => void) => {
      for (const { from, to } of spans) {
        const left = Math.max(bbox.left, plot.valToPos(from, "x", true));
        const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, "x", true));
        if (right > left) draw(left, Math.max(1, right - left));
      }
    };
    ctx.save();
    ctx.fillStyle = this.colours.gap;
    each(track.gaps(span.from, end), (left, width) => ctx.fillRect(left, bbox.top, width, bbox.height));
    const lamplight = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height);
    lamplight.addColorStop(0, this.colours.lampTop);
    lamplight.addColorStop(1, this.colours.lamp);
    each(track.lampOn(span.from, end), (left, width) => {
      ctx.fillStyle = lamplight;
      ctx.fillRect(left, bbox.top, width, bbox.height);
      ctx.fillStyle = this.colours.lampEdge;
      ctx.fillRect(left, bbox.top + bbox.height - strip, width, strip);
    });
    const [low, high] = [threshold, Math.min(FULL, threshold + hysteresis)].map((y) => plot.valToPos(y, "y", true));
    ctx.fillStyle = this.colours.band;
    ctx.fillRect(bbox.left, high, bbox.width, low - high);
    ctx.restore();
  }

  /** The threshold, and its number. */
  private drawAbove(plot: uPlot): void {
    if (!this.scene) return;
    const { ctx, bbox } = plot;
    const y = plot.valToPos(this.scene.threshold, "y", true);
    const scale = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = this.colours.threshold;
    ctx.lineWidth = scale;
    ctx.setLineDash([4 * scale, 4 * scale]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}
