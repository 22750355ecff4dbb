import { setTimeout as sleep } from "node:timers/promises";
import { COMMAND_NAME } from "../../../common/command-name.js";
import { CommandError } from "../../../common/errors.js";
import type { DeviceView } from "../../../devices/devices.js";
import type { UpdatesView } from "../../../http/updates/routes.js";
import type { RolloutView } from "../../../updates/rollout.js";
import { shortenToMinute } from "../../../security/tokens.js";
import { requestJson, type ServerAccess } from "../api-client.js";

/** Time between two requests for the progress, in ms. */
const POLL_INTERVAL = 500;

/** Largest number of versions in the description of a rollout. */
const MAX_VERSIONS = 3;

/** Largest number of boards for which a command says why the update failed on them, or left them out. */
const MAX_REASONS = 100;

const WAVES = { 1: "one board", 2: "a tenth of the boards", 3: "all other boards" } as const;

/** Describes the progress of a board's update. */
function describeProgress({ id, label, online, update }: DeviceView): string {
  switch (update?.state) {
    case "waiting":
      if (online === false)
        return `${label} is offline, and is updated when it returns. Ctrl+C ends only the waiting here; "${COMMAND_NAME} update cancel ${id}" gives the update up.`;
      return `Waiting for ${label} …`;
    case "handing-over":
      return `${label} gets ready …`;
    case "writing":
      return `Writing the program: ${update.percent ?? 0} %`;
    case "restarting":
      return `${label} starts the new program …`;
    default:
      return "";
  }
}

/** Describes a rollout in a line. */
export function describeRollout({
  state,
  roll_back,
  wave,
  total,
  done,
  failed,
  updating,
  skipped,
  versions,
  ended_at,
}: RolloutView): string {
  const what = roll_back ? "roll back" : `wave ${wave} (${WAVES[wave]})`;
  const counts = `${done} of ${total} done, ${updating} updating, ${failed} failed, ${skipped} left out`;
  const shown = versions.slice(0, MAX_VERSIONS).join(", ") + (versions.length > MAX_VERSIONS ? ", …" : "");
  return `${state}: ${what}; ${counts}; to ${shown}${ended_at ? ` (${shortenToMinute(ended_at)})` : ""}`;
}

/** Says on which boards a rollout failed and which it left out, and why: a sentence for each. */
export function describeExceptions({ failures, skipped_boards }: RolloutView): string[] {
  const failed = failures.map(({ reason }) => `Failed: ${reason}`);
  const reasons = [...failed, ...skipped_boards.map(({ reason }) => `Left out: ${reason}`)];
  return reasons.length > MAX_REASONS ? [...reasons.slice(0, MAX_REASONS), "…"] : reasons;
}

/**
 * Waits for the end of a board's update, and reports each change.
 * @returns a sentence that says which version the board runs
 * @throws CommandError when the update fails, or somebody gives it up or replaces it
 */
export async function followUpdate(access: ServerAccess, id: string, report: (line: string) => void): Promise<string> {
  let last = "";
  let version: string | null | undefined;
  for (;;) {
    const device = (await requestJson(access, "GET", `api/devices/${encodeURIComponent(id)}`)) as DeviceView;
    const { update, label, firmware } = device;
    if (!update?.state) throw new CommandError(`Somebody gave up the update of ${label}.`);
    version ??= update.version;
    if (update.version !== version)
      throw new CommandError(`Another update of ${label} has begun: to ${update.version ?? "another version"}.`);
    if (update.state === "failed") throw new CommandError(update.problem ?? `The update of ${label} failed.`);
    if (update.state === "done") return `${label} runs ${firmware ?? version ?? ""}.`;
    const line = describeProgress(device);
    if (line !== last) report((last = line));
    await sleep(POLL_INTERVAL);
  }
}

/**
 * Waits until a rollout ends, and reports each change.
 * @throws CommandError when the rollout stops
 */
export async function followRollout(access: ServerAccess, report: (line: string) => void): Promise<string> {
  let last = "";
  for (;;) {
    const { rollout } = (await requestJson(access, "GET", "api/updates")) as UpdatesView;
    if (!rollout) throw new CommandError("No rollout was started yet.");
    const line = describeRollout(rollout);
    if (rollout.state === "finished") return [line, ...describeExceptions(rollout)].join("\n");
    if (rollout.state === "stopped" && rollout.updating === 0) {
      const failed = rollout.failed_boards.join(", ");
      throw new CommandError(`${rollout.problem ?? line}${failed && ` Failed: ${failed}.`}`);
    }
    if (line !== last) report((last = line));
    await sleep(POLL_INTERVAL);
  }
}
