import type { UpdateState } from "../../../contract/index.js";
import type { Device } from "../devices/devices.js";
import type { CrashedVersionView } from "../devices/update-view.js";

/** Returns the program of a device and its update for apps; undefined for a device that cannot be updated. */
export function createUpdateState({ update, status }: Device): UpdateState | undefined {
  if (!update) return undefined;
  const { state, percent, latest, crashed } = update;
  return {
    ...(status?.firmware !== undefined && { installed_version: status.firmware }),
    ...(latest !== null && { latest_version: latest }),
    in_progress: state !== null && state !== "done" && state !== "failed",
    ...(percent !== null && { update_percentage: percent }),
    // Home Assistant keeps the last text until it receives another one, so send an empty text without a crash.
    release_summary: crashed !== null && crashed.version === latest ? describeCrash(crashed) : "",
  };
}

function describeCrash({ version, at }: CrashedVersionView): string {
  return `Version ${version} probably crashed on this board (${at.slice(0, 16)}Z). It may crash again.`;
}
