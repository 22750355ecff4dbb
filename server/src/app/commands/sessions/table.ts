/** Formats MQTT sessions as text: aligned columns for people, tab-separated columns for scripts. */
import type { SessionView } from "../../../broker/api.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Names the columns of `formatTabSeparated` in the help text. */
export const COLUMN_NAMES = "client id, account, state, subscriptions, queued messages, disconnected at, expires at";

/**
 * Escapes control characters for a terminal. Clients choose their ids freely, so an id can contain escape sequences,
 * tabs or line breaks.
 */
export function escapeControlCharacters(text: string): string {
  return text.replace(/[\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\\" ? "\\\\" : `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** Formats one line per session, without a header. Missing values are `-`, times are in ISO 8601. */
export function formatTabSeparated(sessions: readonly SessionView[]): string {
  return formatLines(
    sessions.map((session) => [
      escapeControlCharacters(session.client_id),
      accountOf(session),
      session.connected ? "connected" : "away",
      String(session.subscriptions),
      String(session.queued),
      session.disconnected_at ?? "-",
      session.expires_at ?? "-",
    ]),
    (cells) => cells.join("\t"),
  );
}

/** Formats a table with a header and aligned columns. @param now in ms since 1970 */
export function formatAligned(sessions: readonly SessionView[], now: number): string {
  const rows = [
    ["CLIENT ID", "ACCOUNT", "SUBSCRIPTIONS", "QUEUED", "STATE"],
    ...sessions.map((session) => [
      escapeControlCharacters(session.client_id),
      accountOf(session),
      String(session.subscriptions),
      String(session.queued),
      stateOf(session, now),
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => widthOf(cells[column]))));
  const isNumberColumn = (column: number): boolean => column === 2 || column === 3;
  return formatLines(rows, (cells) =>
    cells
      .map((cell, column) => {
        const gap = " ".repeat(widths[column] - widthOf(cell));
        return isNumberColumn(column) ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd(),
  );
}

function formatLines(rows: readonly string[][], format: (cells: readonly string[]) => string): string {
  return rows.map((cells) => `${format(cells)}\n`).join("");
}

/** Returns the number of code points, which is the width of most texts in a terminal. */
const widthOf = (text: string): number => [...text].length;

// In the account column, `-` means no account. An account name never begins with `-`.
const accountOf = ({ account }: SessionView): string => account ?? "-";

function stateOf({ connected, disconnected_at, expires_at }: SessionView, now: number): string {
  if (connected) return "connected";
  const since =
    disconnected_at === null ? "away" : `away for ${formatRoughDuration(now - Date.parse(disconnected_at))}`;
  if (expires_at === null) return `${since}, never expires`;
  const left = Date.parse(expires_at) - now;
  return left <= 0 ? `${since}, expires now` : `${since}, expires in ${formatRoughDuration(left)}`;
}

/** Formats a duration in ms, rounded to one unit: `45 s`, `12 min`, `36 h`, `6 d`. */
function formatRoughDuration(ms: number): string {
  if (ms < 59.5 * SECOND) return `${Math.max(0, Math.round(ms / SECOND))} s`;
  if (ms < 59.5 * MINUTE) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 47.5 * HOUR) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} d`;
}
