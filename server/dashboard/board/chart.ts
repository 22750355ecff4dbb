/** History plot of a board: uPlot draws the light; this module adds threshold, hysteresis, lamp state and gaps. */

import uPlot from "uplot";
import { type Palette, readPalette } from "../palette.js";
import { formatAxisLabels } from "./axis.js";
import type { TimeRange, HistorySeries } from "./history-series.js";

const MAX_LIGHT = 1023;

/** The readings, time range and lamp rule that a history plot shows. */
export interface PlotData {
  readonly series: HistorySeries;
  readonly span: TimeRange;
  /** Latest time at which a reading is possible, in ms since 1970: now, or when the connection was lost. */
  readonly until: number;
  readonly threshold: number;
  readonly hysteresis: number;
}

export interface ChartEvents {
  /** Called when the user selects a time range, in ms. */
  rangeSelected(from: number, to: number): void;
  /** Called with the time at the cursor, in ms; undefined if the cursor left the plot. */
  cursorMoved(time: number | undefined): void;
}

export class Chart {
  private readonly plot: uPlot;
  private readonly sizes: ResizeObserver;
  private colors: Palette = readPalette();
  private data?: PlotData;

  constructor(
    private readonly box: HTMLElement,
    private readonly events: ChartEvents,
  ) {
    this.plot = new uPlot(this.createOptions(), [[], [], [], []], box);
    this.sizes = new ResizeObserver(() => this.plot.setSize(this.size()));
    this.sizes.observe(box);
  }

  /** Number of points to request from the server: about one per pixel of the plot's width. */
  get wantedPointCount(): number {
    return Math.min(2000, Math.max(200, Math.round(this.box.clientWidth)));
  }

  /** The area of the plot without its axes. */
  get area(): HTMLElement {
    return this.plot.over;
  }

  setData(data: PlotData): void {
    this.data = data;
    const { time, last, min, max } = data.series.toColumns(data.until);
    this.plot.setData([time, last, min, max], true);
  }

  /** Redraws the plot in the current color scheme. Must be called when the color scheme changes. */
  recolor(): void {
    this.colors = readPalette();
    this.plot.redraw();
  }

  /** Moves the cursor by a number of points, at most to the first or last one. Skips points in gaps. */
  moveCursor(by: number): void {
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

  hideCursor(): void {
    this.plot.setCursor({ left: -10, top: -10 });
  }

  destroy(): void {
    this.sizes.disconnect();
    this.plot.destroy();
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(200, this.box.clientWidth), height: Math.max(160, this.box.clientHeight) };
  }

  private createOptions(): uPlot.Options {
    const stepped = uPlot.paths.stepped!({ align: 1 });
    const linear = uPlot.paths.linear!();
    // Draw single readings as steps: boards report changes, so a level holds until the next reading.
    const paths: uPlot.Series.PathBuilder = (u, series, from, to) =>
      (this.data?.series.hasSingleReadings ? stepped : linear)(u, series, from, to);
    const grid = { stroke: () => this.colors.grid, width: 1 };
    const axisStyle = { stroke: () => this.colors.text, grid, ticks: grid, font: this.colors.font };
    return {
      ...this.size(),
      ms: 1,
      legend: { show: false },
      padding: [12, 12, 0, 0],
      cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: 6 }, points: { size: 9, width: 2 } },
      scales: {
        x: { time: true, range: () => [this.data?.span.from ?? 0, this.data?.span.to ?? 1] },
        y: { range: [0, MAX_LIGHT] },
      },
      series: [
        {},
        {
          stroke: () => this.colors.line,
          width: 2,
          paths,
          points: { size: 5, fill: () => this.colors.line },
        },
        { stroke: () => this.colors.faint, width: 1, paths, points: { show: false } },
        { stroke: () => this.colors.faint, width: 1, paths, points: { show: false } },
      ],
      bands: [{ series: [3, 2], fill: () => this.colors.faint }],
      axes: [
        {
          ...axisStyle,
          space: 76, // minimum distance of two labels in CSS pixels, enough for a time with AM or PM
          values: (_plot, times, _axis, _space, step) => formatAxisLabels(times, step),
        },
        {
          ...axisStyle,
          size: 44,
          splits: () => [0, 250, 500, 750, 1000],
          values: (_plot, lights) => lights.map(String),
        },
      ],
      hooks: {
        drawClear: [(plot) => this.drawBelowLine(plot)],
        draw: [(plot) => this.drawAboveLine(plot)],
        setCursor: [(plot) => this.reportCursor(plot)],
        setSelect: [(plot) => this.reportSelection(plot)],
      },
    };
  }

  private reportCursor(plot: uPlot): void {
    const { left = -1, idx } = plot.cursor;
    this.events.cursorMoved(left < 0 || idx == null ? undefined : plot.data[0][idx]);
  }

  private reportSelection(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width === 0) return;
    const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.events.rangeSelected(from, to);
  }

  /** Draws gaps, lamp state and hysteresis band below the line. */
  private drawBelowLine(plot: uPlot): void {
    if (!this.data) return;
    const { series, span, until, threshold, hysteresis } = this.data;
    const { ctx, bbox } = plot;
    const end = Math.min(span.to, until);
    const strip = 4 * devicePixelRatio;
    const drawSpans = (spans: readonly TimeRange[], draw: (left: number, width: number) => void) => {
      for (const { from, to } of spans) {
        const left = Math.max(bbox.left, plot.valToPos(from, "x", true));
        const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, "x", true));
        if (right > left) draw(left, Math.max(1, right - left));
      }
    };
    ctx.save();
    ctx.fillStyle = this.colors.gap;
    drawSpans(series.findGapRanges(span.from, end), (left, width) => ctx.fillRect(left, bbox.top, width, bbox.height));
    const lamplight = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height);
    lamplight.addColorStop(0, this.colors.lampTop);
    lamplight.addColorStop(1, this.colors.lamp);
    drawSpans(series.findLampOnRanges(span.from, end), (left, width) => {
      ctx.fillStyle = lamplight;
      ctx.fillRect(left, bbox.top, width, bbox.height);
      ctx.fillStyle = this.colors.lampEdge;
      ctx.fillRect(left, bbox.top + bbox.height - strip, width, strip);
    });
    const [low, high] = [threshold, Math.min(MAX_LIGHT, threshold + hysteresis)].map((y) =>
      plot.valToPos(y, "y", true),
    );
    ctx.fillStyle = this.colors.band;
    ctx.fillRect(bbox.left, high, bbox.width, low - high);
    ctx.restore();
  }

  /** Draws the threshold above the line. */
  private drawAboveLine(plot: uPlot): void {
    if (!this.data) return;
    const { ctx, bbox } = plot;
    const y = plot.valToPos(this.data.threshold, "y", true);
    const scale = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = this.colors.threshold;
    ctx.lineWidth = scale;
    ctx.setLineDash([4 * scale, 4 * scale]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}
