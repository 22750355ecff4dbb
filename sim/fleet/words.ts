/** Figures for people. */
import { LATE } from "./ledger.js";
import type { Second, Summary, Times, Watched } from "./meter.js";
import { CAN_WATCH } from "./processes.js";

export const count = (value: number): string => Math.round(value).toLocaleString("en");
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const megabytes = (bytes: number): string => `${count(bytes / 1e6)} MB`;

export function ms(value: number | null): string {
  if (value === null) return "–";
  return `${value < 10 ? value.toFixed(1) : count(value)} ms`;
}

const times = ({ p50, p99, max }: Times): string => `p50 ${ms(p50)}, p99 ${ms(p99)}, longest ${ms(max)}`;

/** The line of a second. @param elapsed since the measuring began, in s */
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
    `on their way ${count(outstanding)}`,
    `late ${count(late)}, missing ${count(missing)}, wrong ${count(wrong)}`,
    ...(unsent > 0 ? [`not sent ${count(unsent)}`] : []),
    ...(processes.length > 0 ? [`CPU: ${processes.join(", ")}`] : []),
  ].join(" · ");
}

/** The summary, a few lines. */
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
    lines.push([name, CAN_WATCH ? "it is gone, or another user's" : "CPU and memory are told on Linux alone (/proc)"]);
  if (summary.others !== undefined)
    lines.push(["machine", `${summary.processors} processors; other programs took ${percent(summary.others)} of one`]);
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

function answersOf(summary: Summary): string {
  const { wrong, late, missing, superseded, again, malformed, lamps_wrong } = summary;
  const parts = [`${count(wrong)} wrong`, `${count(late)} later than ${LATE / 1000} s`, `${count(missing)} missing`];
  if (lamps_wrong > 0) parts.push(`${count(lamps_wrong)} lamps not as the rule wants them`);
  if (superseded > 0) parts.push(`${count(superseded)} superseded by a newer one`);
  if (again > 0) parts.push(`${count(again)} commands without a reading`);
  if (malformed > 0) parts.push(`${count(malformed)} not understood`);
  return parts.join(", ");
}

/** From here on other programs make the figures worse than the machine is, in cores. */
const DISTURBED = 0.25;

function warningsOf({ behind, unsent, connections_lost, unacknowledged, others = 0 }: Summary): string[] {
  const warnings: string[] = [];
  if (others > DISTURBED) warnings.push("Other programs were busy meanwhile: this machine can do more than that.");
  if (behind > 0)
    warnings.push(
      `${count(behind)} readings were left out because this program was held up: where they are many, it is the limit, not the server.`,
    );
  if (unsent > 0) warnings.push(`${count(unsent)} readings were not sent: the broker did not take them fast enough.`);
  if (connections_lost > 0) warnings.push(`${count(connections_lost)} connections were lost, and made again.`);
  if (unacknowledged > 0) warnings.push(`${count(unacknowledged)} messages were never acknowledged by the broker.`);
  return warnings;
}
