/** Checks the settings for a board in `.env.local`, and whether the broker accepts them. */
import { urlOf } from "../setup/settings.js";
import { isBoardConnected } from "./boards.js";
import { noteFinding, okFinding, todoFinding, type Check, type Finding } from "./finding.js";

const SETUP_ADVICE = "Run npm run setup.";

/** Checks `.env.local`, and connects to the broker with its settings. */
export const checkSettings: Check = async (system) => {
  const about = ".env.local";
  const { exists, problems, notes, settings } = await system.checkSettings();
  // The file is for real boards only.
  const createProblem = exists || (await isBoardConnected(system)) ? todoFinding : noteFinding;
  const findings: Finding[] = [
    ...problems.map((problem) => createProblem(about, problem, SETUP_ADVICE)),
    ...notes.map((text) => noteFinding(about, text)),
  ];
  if (exists && problems.length === 0)
    findings.unshift(okFinding(about, `Wi-Fi ${settings?.ssid}, id ${settings?.id || "the board's own"}`));
  if (!settings) return findings;
  const problem = await system.broker(settings);
  const { broker, user } = settings;
  findings.push(problem ? todoFinding("broker", problem, "Then run npm run doctor again.") : okFinding("broker", `${urlOf(broker)} accepts ${user || "boards without a user name"}`)); // prettier-ignore
  return findings;
};
