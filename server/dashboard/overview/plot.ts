/** Draws readings: the light as a line, the threshold, and the time the lamp was on shaded. */

import type { Palette } from "../palette.js";
import { type Reading, type Series, SILENCE, WINDOW, lampSpans } from "./series.js";

/** Where the rule switches. */
export interface Limits {
  readonly threshold: number;
  readonly hysteresis: number;
}

/** The largest light there is. */
const FULL = 1023;

/** Between readings further apart than this the light held, then moved; nearer ones are joined straight. In ms. */
const HELD = 10_000;
const MOVE = 1000;

const MINUTE = 60_000;
const MARGIN = { right: 7, bottom: 5 }; // px; the lamp's time and the grid reach the edges, the line does not

/**
 * Draws the last three minutes up to `now`, in ms, on a canvas of this size in CSS pixels. Up to `until` the board was
 * there: the last reading holds so far. The size is given because asking the canvas would have the page laid out anew
 * for each plot.
 */
export function drawPlot(
  canvas: HTMLCanvasElement,
  { width, height }: { readonly width: number; readonly height: number },
  series: Series,
  now: number,
  until: number,
  { threshold, hysteresis }: Limits,
  colours: Palette,
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

  const x = (time: number) => (width - MARGIN.right) * (1 - (now - time) / WINDOW);
  const ceiling = height < 120 ? 8 : 26; // a high plot has words at its top
  const floor = height - MARGIN.bottom;
  const y = (light: number) => floor - (light / FULL) * (floor - ceiling);

  context.fillStyle = colours.grid;
  for (let t = Math.floor(now / MINUTE) * MINUTE; t > now - WINDOW; t -= MINUTE) context.fillRect(x(t), 0, 1, height);

  const lamplight = context.createLinearGradient(0, 0, 0, height);
  lamplight.addColorStop(0, colours.lampTop);
  lamplight.addColorStop(1, colours.lamp);
  for (const { from, to } of lampSpans(series.readings, until)) {
    if (x(to) < 0) continue;
    const left = Math.max(0, x(from));
    context.fillStyle = lamplight;
    context.fillRect(left, 0, x(to) - left, height);
    context.fillStyle = colours.lampEdge;
    context.fillRect(left, height - 3, x(to) - left, 3);
  }

  context.fillStyle = colours.band;
  context.fillRect(0, y(threshold + hysteresis), width, y(threshold) - y(threshold + hysteresis));
  context.strokeStyle = colours.threshold;
  context.lineWidth = 1;
  context.setLineDash([2, 4]);
  stroke(context, [
    [0, y(threshold)],
    [width, y(threshold)],
  ]);
  context.setLineDash([]);
  context.lineWidth = 2;
  context.lineJoin = context.lineCap = "round";
  for (const run of runs(series.readings, now - WINDOW)) {
    const line = corners(run).map(([time, light]) => [x(time), y(light)] as const);
    context.fillStyle = colours.fill;
    area(context, line, height);
    context.strokeStyle = colours.line;
    stroke(context, line);
  }

  const last = series.last;
  if (last) {
    // The last reading holds until the next one.
    const at = y(last.light);
    const end = x(Math.max(last.time, Math.min(until, last.time + SILENCE)));
    const held = [
      [x(last.time), at],
      [end, at],
    ] as const;
    context.fillStyle = colours.fill;
    area(context, held, height);
    context.strokeStyle = colours.faint;
    stroke(context, held);
    context.fillStyle = colours.line;
    context.beginPath();
    context.arc(end, at, 3.5, 0, 2 * Math.PI);
    context.fill();
  }

  context.font = colours.font;
  context.strokeStyle = colours.ground;
  context.lineWidth = 4;
  const words = String(threshold);
  context.strokeText(words, 8, y(threshold) - 5);
  context.fillStyle = colours.threshold;
  context.fillText(words, 8, y(threshold) - 5);
}

/** What a plot shows, in words. */
export function describePlot(series: Series, now: number, threshold: number): string {
  const seen = series.readings.filter((reading) => reading.time >= now - WINDOW);
  if (seen.length === 0) return "No readings in the last 3 minutes";
  const lights = seen.map((reading) => reading.light);
  const on = lampSpans(seen, now).reduce((sum, span) => sum + span.to - span.from, 0);
  return (
    `Light over the last 3 minutes: from ${Math.min(...lights)} to ${Math.max(...lights)}; ` +
    `lamp on for ${Math.round(on / 1000)} seconds; threshold ${threshold}`
  );
}

/** The readings since `from`, cut where there was silence. */
function runs(readings: readonly Reading[], from: number): Reading[][] {
  const found: Reading[][] = [];
  let run: Reading[] = [];
  readings.forEach((reading, i) => {
    if (i + 1 < readings.length && readings[i + 1].time < from) return;
    if (run.length > 0 && reading.time - run[run.length - 1].time > SILENCE) run = [];
    if (run.length === 0) found.push(run);
    run.push(reading);
  });
  return found;
}

/** A run of readings as the corners of a line. */
function corners(run: readonly Reading[]): [time: number, light: number][] {
  const line: [number, number][] = [];
  run.forEach((reading, i) => {
    const before = run[i - 1];
    if (before && reading.time - before.time > HELD) line.push([reading.time - MOVE, before.light]);
    line.push([reading.time, reading.light]);
  });
  return line;
}

function trace(context: CanvasRenderingContext2D, line: readonly (readonly [number, number])[]): void {
  context.beginPath();
  for (const [x, y] of line) context.lineTo(x, y);
}

function stroke(context: CanvasRenderingContext2D, line: readonly (readonly [number, number])[]): void {
  trace(context, line);
  context.stroke();
}

function area(context: CanvasRenderingContext2D, line: readonly (readonly [number, number])[], floor: number): void {
  trace(context, line);
  context.lineTo(line[line.length - 1][0], floor);
  context.lineTo(line[0][0], floor);
  context.fill();
}
