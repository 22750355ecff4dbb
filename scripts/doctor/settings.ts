/** What a board will be told, and whether the broker will let it in. */
import { urlOf } from "../setup/settings.js";
import { note, ok, todo, type Check, type Finding } from "./finding.js";

const SETUP = "Run npm run setup.";

export const checkSettings: Check = async (system) => {
  const about = ".env.local";
  const { there, problems, notes, settings } = await system.settings();
  const findings: Finding[] = [
    ...problems.map((problem) => todo(about, problem, SETUP)),
    ...notes.map((text) => note(about, text)),
  ];
  if (there && problems.length === 0)
    findings.unshift(ok(about, `Wi-Fi ${settings?.ssid}, id ${settings?.id || "the board's own"}`));
  if (!settings) return findings;
  const problem = await system.broker(settings);
  const { broker, user } = settings;
  findings.push(problem ? todo("broker", problem, "Then look again.") : ok("broker", `${urlOf(broker)} lets ${user || "boards without a user name"} in`)); // prettier-ignore
  return findings;
};
