/** Plays recorded light from a CSV file with the columns `time_s,light`, or only `light` with one row per second. */
import { readFileSync } from "node:fs";
import { type LightSource, MAX_LIGHT, MIN_LIGHT } from "./light.js";

interface Reading {
  /** Time since the start of the recording, in s. */
  time: number;
  light: number;
}

/**
 * Creates a light source that repeats a recording. Each value lasts until the next value; the last value lasts as long
 * as the value before it.
 * @throws Error if a line is invalid. The message names the file, the line, its text and the valid values.
 */
export function readTrace(file: string): LightSource {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`The trace ${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  return parseTrace(text, file);
}

/** Parses the text of a recording. @param file file name for error messages */
export function parseTrace(text: string, file = "trace"): LightSource {
  const readings = parseReadings(text, file);
  const last = readings[readings.length - 1];
  const before = readings[readings.length - 2];
  const length = last.time - readings[0].time + (before ? last.time - before.time : 1);
  return (ms) => {
    const time = readings[0].time + ((ms / 1000) % length);
    let low = 0;
    let high = readings.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (readings[middle].time <= time) low = middle;
      else high = middle - 1;
    }
    return Math.round(readings[low].light);
  };
}

function parseReadings(text: string, file: string): Reading[] {
  const readings: Reading[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trim();
    if (!line) continue;
    const cells = line.split(/[,;]/).map((cell) => cell.trim());
    const isHeader = readings.length === 0 && cells.every((cell) => /^[a-z_ ]+$/i.test(cell));
    if (isHeader) continue;
    const throwInvalid = (allowed: string): never => {
      throw new Error(`${file}, line ${index + 1}: found "${line}", but ${allowed}.`);
    };
    if (cells.length > 2) throwInvalid('a line has the columns "time_s,light", or "light" alone');
    const numbers = cells.map((cell) => (cell === "" ? NaN : Number(cell)));
    const light = numbers[numbers.length - 1];
    const time = numbers.length === 2 ? numbers[0] : readings.length;
    if (!(light >= MIN_LIGHT && light <= MAX_LIGHT))
      throwInvalid(`light is a number from ${MIN_LIGHT} to ${MAX_LIGHT}`);
    if (!Number.isFinite(time)) throwInvalid("time_s is a number of seconds");
    if (readings.length > 0 && time <= readings[readings.length - 1].time)
      throwInvalid("time_s must be greater than in the line before");
    readings.push({ time, light });
  }
  if (readings.length === 0) throw new Error(`${file}: no readings; at least one line "time_s,light" is needed.`);
  return readings;
}
