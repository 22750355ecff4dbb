/** Input for the hours of a zone: a box to tick, and the times. */

import { message } from "../messages/message.js";
import type { SettingDescription } from "./client.js";
import { buildElement, createId } from "./elements.js";
import { createInput, type SettingInput } from "./inputs.js";
import { labelOf } from "./texts.js";

/** Returns the hours that the form proposes: from evening to morning in the browser's time zone. */
function proposeHours(): Readonly<Record<string, string>> {
  return { from: "17:00", to: "08:00", time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}

/**
 * Creates an input for the hours of a zone.
 * @param settings descriptions of all settings of a zone
 * @param changed called after each change by the user
 */
export function createHoursInput(settings: readonly SettingDescription[], changed: () => void): SettingInput {
  const box = buildElement("input", { type: "checkbox", id: createId() });
  const parts = settings
    .filter(({ path }) => path[0] === "hours" && path.length === 2)
    .map((setting) => ({ key: String(setting.path[1]), setting, input: createInput(setting, changed) }));
  const times = buildElement("div", { class: "hours" });
  for (const { setting, input } of parts)
    times.append(buildElement("label", { for: input.target.id }, labelOf(setting.path)), input.element);
  const element = buildElement("div", {}, box, times);
  let disabled = false;

  const writeTimes = (value: Readonly<Record<string, unknown>>): void => {
    for (const { key, setting, input } of parts)
      input.write(value[key], key === "time_zone" ? message("settings.serverTimeZone") : setting.default);
  };
  const render = (): void => {
    times.hidden = !box.checked;
    box.disabled = disabled;
    for (const { input } of parts) input.setDisabled(disabled);
  };
  box.addEventListener("input", () => {
    if (box.checked && parts.every(({ input }) => input.read() === null)) writeTimes(proposeHours());
    render();
    changed();
  });

  return {
    element,
    target: box,
    read() {
      if (!box.checked) return null;
      const entries = parts.map(({ key, input }) => [key, input.read()] as const);
      return Object.fromEntries(entries.filter(([, value]) => value !== null));
    },
    write(value) {
      box.checked = value !== undefined && value !== null;
      writeTimes(box.checked ? (value as Readonly<Record<string, unknown>>) : {});
      render();
    },
    setDisabled(now) {
      disabled = now;
      render();
    },
  };
}

/** Returns the label of the check box. */
export const hoursText = (): string => message("settings.hours");
