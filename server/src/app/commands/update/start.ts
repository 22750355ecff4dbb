import { CommandError } from "../../../common/errors.js";
import type { DeviceView } from "../../../devices/devices.js";
import type { UpdatesView } from "../../../http/updates/routes.js";
import { requestJson, type ServerAccess } from "../api-client.js";

/**
 * Starts the update of a board.
 * @param version the version to install; the newest by default
 * @returns false if the board runs this version already
 */
export function startUpdate(access: ServerAccess, id: string, version: string | undefined): Promise<boolean> {
  const path = `api/devices/${encodeURIComponent(id)}`;
  return start(access, `${path}/update`, { version }, async () => {
    const { online, firmware, update } = (await requestJson(access, "GET", path)) as DeviceView;
    return online && firmware !== undefined && firmware === (version ?? update?.latest);
  });
}

/**
 * Gives up the update of a board, or removes the result of one that is over.
 * @returns a sentence that says which of these
 */
export async function cancelUpdate(access: ServerAccess, id: string): Promise<string> {
  const path = `api/devices/${encodeURIComponent(id)}`;
  const { label, update } = (await requestJson(access, "GET", path)) as DeviceView;
  await requestJson(access, "DELETE", `${path}/update`);
  const isOver = update?.state === "done" || update?.state === "failed";
  return isOver ? `The result of the last update of ${label} was removed.` : `The update of ${label} was given up.`;
}

/** Starts the update of all boards. @returns false if no board that is online needs an update */
export function startRollout(access: ServerAccess): Promise<boolean> {
  return start(access, "api/updates/rollout", {}, async () => {
    const { rollout } = (await requestJson(access, "GET", "api/updates")) as UpdatesView;
    const devices = (await requestJson(access, "GET", "api/devices")) as DeviceView[];
    const isNeeded = devices.some(
      ({ online, firmware, update }) => online && update?.latest && update.latest !== firmware,
    );
    return rollout?.state !== "running" && !isNeeded;
  });
}

/**
 * Sends a request that starts updates.
 * @param isNeedless returns whether the server has refused the request because there is nothing to update
 * @returns false if there is nothing to update
 * @throws CommandError for any other problem
 */
async function start(
  access: ServerAccess,
  path: string,
  content: object,
  isNeedless: () => Promise<boolean>,
): Promise<boolean> {
  try {
    await requestJson(access, "POST", path, content);
    return true;
  } catch (error) {
    // Ask only now, because the server looks for new programs before it refuses.
    if (error instanceof CommandError && (await isNeedless().catch(() => false))) return false;
    throw error;
  }
}
