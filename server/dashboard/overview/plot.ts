/** Draws the small plot of a card: the light as a line, the threshold, and shading while the lamp was on. */

import { formatDuration, formatLight } from "../messages/locale.js";
import { message } from "../messages/message.js";
import type { Palette } from "../palette.js";
import { type Reading, type RecentReadings, MAX_SILENCE, PLOT_DURATION, findLampOnRanges } from "./series.js";

/** Switching points of the lamp rule. */
export interface SwitchingPoints {
  readonly threshold: number;
  readonly hysteresis: number;
}

const MAX_LIGHT = 1023;

/** If two readings are further apart than this, in ms, the line between them is a step instead of a straight line. */
const MIN_STEP_DISTANCE = 10_000;
/** Width of the slope of a step in the line, in ms. */
const STEP_SLOPE_TIME = 1000;

const MINUTE = 60_000;
/** Margin of the line in px. Lamp shading and grid extend to the edges. */
const PLOT_MARGIN = { right: 7, bottom: 5 };

/**
 * Draws the three minutes before `now`.
 * @param size size of the canvas in CSS pixels; measuring the canvas here would force a layout for each plot
 * @param until latest time at which the board was online, in ms; the last reading is extended to this time
 */
export function drawPlot(
  canvas: HTMLCanvasElement,
  { width, height }: { readonly width: number; readonly height: number },
  series: RecentReadings,
  now: number,
  until: number,
  { threshold, hysteresis }: SwitchingPoints,
  colors: Palette,
): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);

  const xOf = (time: number) => (width - PLOT_MARGIN.right) * (1 - (now - time) / PLOT_DURATION);
  const top = height < 120 ? 8 : 26; // leave room for the caption of tall plots
  const bottom = height - PLOT_MARGIN.bottom;
  const yOf = (light: number) => bottom - (light / MAX_LIGHT) * (bottom - top);

  context.fillStyle = colors.grid;
  for (let t = Math.floor(now / MINUTE) * MINUTE; t > now - PLOT_DURATION; t -= MINUTE)
    context.fillRect(xOf(t), 0, 1, height);

  const lamplight = context.createLinearGradient(0, 0, 0, height);
  lamplight.addColorStop(0, colors.lampTop);
  lamplight.addColorStop(1, colors.lamp);
  for (const { from, to } of findLampOnRanges(series.readings, until)) {
    if (xOf(to) < 0) continue;
    const left = Math.max(0, xOf(from));
    context.fillStyle = lamplight;
    context.fillRect(left, 0, xOf(to) - left, height);
    context.fillStyle = colors.lampEdge;
    context.fillRect(left, height - 3, xOf(to) - left, 3);
  }

  context.fillStyle = colors.band;
  context.fillRect(0, yOf(threshold + hysteresis), width, yOf(threshold) - yOf(threshold + hysteresis));
  context.strokeStyle = colors.threshold;
  context.lineWidth = 1;
  context.setLineDash([2, 4]);
  strokeLine(context, [
    [0, yOf(threshold)],
    [width, yOf(threshold)],
  ]);
  context.setLineDash([]);
  context.lineWidth = 2;
  context.lineJoin = context.lineCap = "round";
  for (const segment of splitAtGaps(series.readings, now - PLOT_DURATION)) {
    const line = createLinePoints(segment).map(([time, light]) => [xOf(time), yOf(light)] as const);
    context.fillStyle = colors.fill;
    fillBelowLine(context, line, height);
    context.strokeStyle = colors.line;
    strokeLine(context, line);
  }

  const last = series.last;
  if (last) {
    const at = yOf(last.light);
    const end = xOf(Math.max(last.time, Math.min(until, last.time + MAX_SILENCE)));
    const held = [
      [xOf(last.time), at],
      [end, at],
    ] as const;
    context.fillStyle = colors.fill;
    fillBelowLine(context, held, height);
    context.strokeStyle = colors.faint;
    strokeLine(context, held);
    context.fillStyle = colors.line;
    context.beginPath();
    context.arc(end, at, 3.5, 0, 2 * Math.PI);
    context.fill();
  }

  context.font = colors.font;
  context.strokeStyle = colors.ground;
  context.lineWidth = 4;
  const label = formatLight(threshold);
  context.strokeText(label, 8, yOf(threshold) - 5);
  context.fillStyle = colors.threshold;
  context.fillText(label, 8, yOf(threshold) - 5);
}

/** Describes a plot as text, for screen readers. */
export function describePlot(series: RecentReadings, now: number, threshold: number): string {
  const seen = series.readings.filter((reading) => reading.time >= now - PLOT_DURATION);
  if (seen.length === 0) return message("overview.plotEmpty");
  const lights = seen.map((reading) => reading.light);
  const on = findLampOnRanges(seen, now).reduce((sum, span) => sum + span.to - span.from, 0);
  return message("overview.plotSummary", {
    low: formatLight(Math.min(...lights)),
    high: formatLight(Math.max(...lights)),
    duration: formatDuration(on),
    threshold: formatLight(threshold),
  });
}

/** Returns the readings since `from`, split at gaps. */
function splitAtGaps(readings: readonly Reading[], from: number): Reading[][] {
  const found: Reading[][] = [];
  let segment: Reading[] = [];
  readings.forEach((reading, i) => {
    if (i + 1 < readings.length && readings[i + 1].time < from) return;
    if (segment.length > 0 && reading.time - segment[segment.length - 1].time > MAX_SILENCE) segment = [];
    if (segment.length === 0) found.push(segment);
    segment.push(reading);
  });
  return found;
}

/** Converts readings into the points of a line, with steps between distant readings. */
function createLinePoints(segment: readonly Reading[]): [time: number, light: number][] {
  const line: [number, number][] = [];
  segment.forEach((reading, i) => {
    const before = segment[i - 1];
    if (before && reading.time - before.time > MIN_STEP_DISTANCE)
      line.push([reading.time - STEP_SLOPE_TIME, before.light]);
    line.push([reading.time, reading.light]);
  });
  return line;
}

function tracePath(context: CanvasRenderingContext2D, line: readonly (readonly [number, number])[]): void {
  context.beginPath();
  for (const [x, y] of line) context.lineTo(x, y);
}

function strokeLine(context: CanvasRenderingContext2D, line: readonly (readonly [number, number])[]): void {
  tracePath(context, line);
  context.stroke();
}

function fillBelowLine(
  context: CanvasRenderingContext2D,
  line: readonly (readonly [number, number])[],
  bottom: number,
): void {
  tracePath(context, line);
  context.lineTo(line[line.length - 1][0], bottom);
  context.lineTo(line[0][0], bottom);
  context.fill();
}
