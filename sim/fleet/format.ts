/** Formats progress and results of a load test as text. */
import { LATE_ANSWER_TIME } from "./reading-tracker.js";
import type { SecondFigures, Summary, LatencyQuantiles, WatchedProcess } from "./meter.js";
import { CAN_MEASURE_PROCESSES } from "./processes.js";

/** Formats an integer with thousands separators. */
export const formatCount = (value: number): string => Math.round(value).toLocaleString("en");
const formatPercent = (share: number): string => `${Math.round(share * 100)} %`;
const formatMegabytes = (bytes: number): string => `${formatCount(bytes / 1e6)} MB`;

/** Formats a duration in ms; null becomes a dash. */
export function formatMs(value: number | null): string {
  if (value === null) return "–";
  return `${value < 10 ? value.toFixed(1) : formatCount(value)} ms`;
}

const formatTimes = ({ p50, p99, max }: LatencyQuantiles): string =>
  `p50 ${formatMs(p50)}, p99 ${formatMs(p99)}, longest ${formatMs(max)}`;

/**
 * Formats the progress line of one second.
 * @param elapsed time since the start of the measurement, in s
 */
export function formatProgress(elapsed: number, second: SecondFigures, watched: readonly WatchedProcess[]): string {
  const { sent, answered, reaction, outstanding, late, missing, wrong, unsent, shares } = second;
  const processes = watched.flatMap(({ name }, n) =>
    shares[n] === undefined ? [] : [`${name} ${formatPercent(shares[n])}`],
  );
  return [
    `${String(Math.round(elapsed)).padStart(4)} s`,
    `sent ${formatCount(sent)}/s`,
    `answered ${formatCount(answered)}/s`,
    `p50 ${formatMs(reaction.p50)}, p99 ${formatMs(reaction.p99)}`,
    `waiting ${formatCount(outstanding)}`,
    `late ${formatCount(late)}, missing ${formatCount(missing)}, wrong ${formatCount(wrong)}`,
    ...(unsent > 0 ? [`not sent ${formatCount(unsent)}`] : []),
    ...(processes.length > 0 ? [`CPU: ${processes.join(", ")}`] : []),
  ].join(" · ");
}

/** Formats the summary of a run as lines of text. */
export function formatSummary(summary: Summary, watched: readonly WatchedProcess[]): string[] {
  const { devices, connections, seconds, sent, answered, switches, reaction, processes } = summary;
  const formatRate = (value: number): string => `${formatCount(value)} (${formatCount(value / seconds)}/s)`;
  const lines: [string, string][] = [
    ["readings", `sent ${formatRate(sent)}, answered ${formatRate(answered)}; ${formatCount(switches)} lamps switched`],
    ["reaction", `${formatTimes(reaction)}, from reading to command`],
    ["answers", formatAnswers(summary)],
  ];
  for (const { name, share, cpu_per_100k, memory, peak } of processes) {
    const each = cpu_per_100k === null ? "" : `, ${cpu_per_100k.toFixed(1)} s of CPU for 100,000 readings`;
    lines.push([
      name,
      `${formatPercent(share)} of a core${each}; memory ${formatMegabytes(memory)}, at most ${formatMegabytes(peak)}`,
    ]);
  }
  for (const { name } of watched.filter((one) => !processes.some((other) => other.name === one.name)))
    lines.push([
      name,
      CAN_MEASURE_PROCESSES
        ? "not measured: the process has ended or belongs to another user"
        : "not measured: CPU and memory are available on Linux only (/proc)",
    ]);
  if (summary.others !== undefined)
    lines.push([
      "machine",
      `${summary.processors} processors; other programs used ${formatPercent(summary.others)} of one`,
    ]);
  if (summary.boards_reaction)
    lines.push([
      "real boards",
      `${formatCount(summary.boards!)}: ${formatTimes(summary.boards_reaction)}, from light to lamp; ${formatCount(summary.boards_missed!)} missed`,
    ]);
  const width = Math.max(...lines.map(([what]) => what.length)) + 2;
  return [
    `${formatCount(devices)} devices on ${formatCount(connections)} connections, measured for ${formatCount(seconds)} s`,
    ...lines.map(([what, text]) => `  ${what.padEnd(width)}${text}`),
    ...findWarnings(summary).map((warning) => `  ${warning}`),
  ];
}

/** Formats the counts of wrong, late and missing answers. */
function formatAnswers(summary: Summary): string {
  const { wrong, late, missing, superseded, again, malformed, lamps_wrong } = summary;
  const parts = [
    `${formatCount(wrong)} wrong`,
    `${formatCount(late)} later than ${LATE_ANSWER_TIME / 1000} s`,
    `${formatCount(missing)} missing`,
  ];
  if (lamps_wrong > 0) parts.push(`${formatCount(lamps_wrong)} lamps that contradict the rule`);
  if (superseded > 0) parts.push(`${formatCount(superseded)} superseded by a newer reading`);
  if (again > 0) parts.push(`${formatCount(again)} commands without a reading`);
  if (malformed > 0) parts.push(`${formatCount(malformed)} invalid messages`);
  return parts.join(", ");
}

/** CPU usage of other programs above which the results are unreliable, in cores. */
const MAX_OTHER_CPU = 0.25;

/** Returns warnings about conditions that distort the results. */
function findWarnings({ behind, unsent, connections_lost, unacknowledged, others = 0 }: Summary): string[] {
  const warnings: string[] = [];
  if (others > MAX_OTHER_CPU)
    warnings.push(
      "Other programs used the processors during the measurement. Repeat it on an idle machine for better figures.",
    );
  if (behind > 0)
    warnings.push(
      `${formatCount(behind)} readings were dropped because this program was too slow. If there are many, this program is the limit, not the server.`,
    );
  if (unsent > 0)
    warnings.push(`${formatCount(unsent)} readings were not sent because the broker did not accept them fast enough.`);
  if (connections_lost > 0) warnings.push(`${formatCount(connections_lost)} connections were lost and reconnected.`);
  if (unacknowledged > 0) warnings.push(`${formatCount(unacknowledged)} messages were not acknowledged by the broker.`);
  return warnings;
}
