/** Reads and checks the settings for a board before anything is written to the board. */
import { readSettings, type Settings } from "../../sim/settings.js";
import { checkEnvFile } from "../setup/check-env-file.js";
import { toSettings } from "../setup/settings.js";
import { messageOf, StepError } from "../../flashing/step-error.js";

/**
 * Reads the settings in the env files of a project folder. A known setting without a value in these files becomes
 * undefined, which makes a deploy delete the setting on the board.
 * @throws StepError that lists every mistake, without secrets
 */
export async function loadBoardSettings(root: string): Promise<Settings> {
  const { problems, settings } = await checkEnvFile(root).catch((error: unknown) => {
    throw new StepError("the settings", messageOf(error), "Correct that, run npm run setup, and try again.", {
      cause: error,
    });
  });
  if (problems.length === 0 && settings) return { ...readSettings(root), ...toSettings(settings) };
  throw new StepError("the settings", problems.join(" "), "Run npm run setup, or correct .env.local, and try again.");
}
