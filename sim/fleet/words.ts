/** Formats progress and results of a load test as text. */
import { LATE } from "./ledger.js";
import type { Second, Summary, Times, Watched } from "./meter.js";
import { CAN_WATCH } from "./processes.js";

/** Formats an integer with thousands separators. */
export const count = (value: number): string => Math.round(value).toLocaleString("en");
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const megabytes = (bytes: number): string => `${count(bytes / 1e6)} MB`;

/** Formats a duration in ms; null becomes a dash. */
export function ms(value: number | null): string {
  if (value === null) return "–";
  return `${value < 10 ? value.toFixed(1) : count(value)} ms`;
}

const times = ({ p50, p99, max }: Times): string => `p50 ${ms(p50)}, p99 ${ms(p99)}, longest ${ms(max)}`;

/**
 * Formats the progress line of one second.
 * @param elapsed time since the start of the measurement, in s
 */
export function secondLine(elapsed: number, second: Second, watched: readonly Watched[]): string {
  const { sent, answered, reaction, outstanding, late, missing, wrong, unsent, shares } = second;
  const processes = watched.flatMap(({ name }, n) =>
    shares[n] === undefined ? [] : [`${name} ${percent(shares[n])}`],
  );
  return [
    `${String(Math.round(elapsed)).padStart(4)} s`,
    `sent ${count(sent)}/s`,
    `answered ${count(answered)}/s`,
    `p50 ${ms(reaction.p50)}, p99 ${ms(reaction.p99)}`,
    `waiting ${count(outstanding)}`,
    `late ${count(late)}, missing ${count(missing)}, wrong ${count(wrong)}`,
    ...(unsent > 0 ? [`not sent ${count(unsent)}`] : []),
    ...(processes.length > 0 ? [`CPU: ${processes.join(", ")}`] : []),
  ].join(" · ");
}

/** Formats the summary of a run as lines of text. */
export function summaryLines(summary: Summary, watched: readonly Watched[]): string[] {
  const { devices, connections, seconds, sent, answered, switches, reaction, processes } = summary;
  const rate = (value: number): string => `${count(value)} (${count(value / seconds)}/s)`;
  const lines: [string, string][] = [
    ["readings", `sent ${rate(sent)}, answered ${rate(answered)}; ${count(switches)} lamps switched`],
    ["reaction", `${times(reaction)}, from reading to command`],
    ["answers", answersOf(summary)],
  ];
  for (const { name, share, cpu_per_100k, memory, peak } of processes) {
    const each = cpu_per_100k === null ? "" : `, ${cpu_per_100k.toFixed(1)} s of CPU for 100,000 readings`;
    lines.push([name, `${percent(share)} of a core${each}; memory ${megabytes(memory)}, at most ${megabytes(peak)}`]);
  }
  for (const { name } of watched.filter((one) => !processes.some((other) => other.name === one.name)))
    lines.push([
      name,
      CAN_WATCH
        ? "not measured: the process has ended or belongs to another user"
        : "not measured: CPU and memory are available on Linux only (/proc)",
    ]);
  if (summary.others !== undefined)
    lines.push(["machine", `${summary.processors} processors; other programs used ${percent(summary.others)} of one`]);
  if (summary.boards_reaction)
    lines.push([
      "real boards",
      `${count(summary.boards!)}: ${times(summary.boards_reaction)}, from light to lamp; ${count(summary.boards_missed!)} missed`,
    ]);
  const width = Math.max(...lines.map(([what]) => what.length)) + 2;
  return [
    `${count(devices)} devices on ${count(connections)} connections, measured for ${count(seconds)} s`,
    ...lines.map(([what, text]) => `  ${what.padEnd(width)}${text}`),
    ...warningsOf(summary).map((warning) => `  ${warning}`),
  ];
}

/** Formats the counts of wrong, late and missing answers. */
function answersOf(summary: Summary): string {
  const { wrong, late, missing, superseded, again, malformed, lamps_wrong } = summary;
  const parts = [`${count(wrong)} wrong`, `${count(late)} later than ${LATE / 1000} s`, `${count(missing)} missing`];
  if (lamps_wrong > 0) parts.push(`${count(lamps_wrong)} lamps that contradict the rule`);
  if (superseded > 0) parts.push(`${count(superseded)} superseded by a newer reading`);
  if (again > 0) parts.push(`${count(again)} commands without a reading`);
  if (malformed > 0) parts.push(`${count(malformed)} invalid messages`);
  return parts.join(", ");
}

/** CPU usage of other programs above which the results are unreliable, in cores. */
const DISTURBED = 0.25;

/** Returns warnings about conditions that distort the results. */
function warningsOf({ behind, unsent, connections_lost, unacknowledged, others = 0 }: Summary): string[] {
  const warnings: string[] = [];
  if (others > DISTURBED)
    warnings.push(
      "Other programs used the processors during the measurement. Repeat it on an idle machine for better figures.",
    );
  if (behind > 0)
    warnings.push(
      `${count(behind)} readings were dropped because this program was too slow. If there are many, this program is the limit, not the server.`,
    );
  if (unsent > 0)
    warnings.push(`${count(unsent)} readings were not sent because the broker did not accept them fast enough.`);
  if (connections_lost > 0) warnings.push(`${count(connections_lost)} connections were lost and reconnected.`);
  if (unacknowledged > 0) warnings.push(`${count(unacknowledged)} messages were not acknowledged by the broker.`);
  return warnings;
}
