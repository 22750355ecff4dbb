/** The settings that go to a board, looked through before anything is written to it. */
import { readSettings, type Settings } from "../../sim/settings.js";
import { inspect } from "../setup/inspect.js";
import { toSettings } from "../setup/settings.js";
import { messageOf, StepError } from "./failure.js";

/**
 * The settings of a project folder, for a board: what the firmware knows and the files do not have is deleted on the board.
 * @throws StepError that lists all that is wrong with them; no secret is in it
 */
export async function settingsForBoard(root: string): Promise<Settings> {
  const { problems, settings } = await inspect(root).catch((error: unknown) => {
    throw new StepError("the settings", messageOf(error), "Then npm run setup, and try again.", { cause: error });
  });
  if (problems.length === 0 && settings) return { ...readSettings(root), ...toSettings(settings) };
  throw new StepError("the settings", problems.join(" "), "Run npm run setup, or correct .env.local, and try again.");
}
