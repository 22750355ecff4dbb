/** Checks the settings for a board in `.env.local`, and whether the broker accepts them. */
import { urlOf } from "../setup/settings.js";
import { note, ok, todo, type Check, type Finding } from "./finding.js";

const SETUP = "Run npm run setup.";

/** Checks `.env.local`, and connects to the broker with its settings. */
export const checkSettings: Check = async (system) => {
  const about = ".env.local";
  const { exists, problems, notes, settings } = await system.settings();
  const findings: Finding[] = [
    ...problems.map((problem) => todo(about, problem, SETUP)),
    ...notes.map((text) => note(about, text)),
  ];
  if (exists && problems.length === 0)
    findings.unshift(ok(about, `Wi-Fi ${settings?.ssid}, id ${settings?.id || "the board's own"}`));
  if (!settings) return findings;
  const problem = await system.broker(settings);
  const { broker, user } = settings;
  findings.push(problem ? todo("broker", problem, "Then run npm run doctor again.") : ok("broker", `${urlOf(broker)} accepts ${user || "boards without a user name"}`)); // prettier-ignore
  return findings;
};
