/**
 * Formats the output of `update list`: boards and versions as lines of tab-separated columns, and sentences about them.
 * Times are in ISO 8601.
 */
import type { DeviceView } from "../../../devices/devices.js";
import type { UpdatesView } from "../../../http/updates/routes.js";
import { shortenToMinute } from "../../../security/tokens.js";

/** Returns a header line, and a line for each board. Leaves out updates that the board has replaced since. */
export function formatBoards(devices: readonly DeviceView[]): string[] {
  return [
    "BOARD\tINSTALLED\tNEWEST\tUPDATE\tSINCE",
    ...devices.map(({ id, firmware = "-", update }) => {
      const since = update?.since ? shortenToMinute(update.since) : "-";
      return [id, firmware, update?.latest ?? "-", update?.state ?? "-", since].join("\t");
    }),
  ];
}

/** Returns a header line, and a line for each version; nothing without versions. */
export function formatVersions(versions: UpdatesView["versions"]): string[] {
  if (versions.length === 0) return [];
  const rows = versions.map(({ board, version, latest }) => [board, version, latest ? "yes" : "no"].join("\t"));
  return ["TYPE\tVERSION\tNEWEST", ...rows];
}

/** Returns sentences about a board: why its last update failed, and whether the version that is offered has crashed on it. */
export function describeProblems({ label, firmware, update }: DeviceView): string[] {
  if (!update) return [];
  const { problem, since, crashed, latest } = update;
  const sentences = problem ? [since ? `${shortenToMinute(since)}: ${problem}` : problem] : [];
  if (!problem && crashed && crashed.version === latest && firmware !== latest)
    sentences.push(
      `${shortenToMinute(crashed.at)}: Version ${crashed.version} probably crashed on ${label}. It may crash there again.`,
    );
  return sentences;
}
