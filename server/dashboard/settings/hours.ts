/** Input for the hours of a zone: a box to tick, and the times. */

import { message } from "../messages/message.js";
import type { SettingDescription } from "./client.js";
import { create, newId } from "./elements.js";
import { createInput, type Input } from "./inputs.js";
import { labelOf } from "./texts.js";

/** The times for which a person most probably wants light. */
const PROPOSED = { from: "17:00", to: "08:00" };

/**
 * Creates the input.
 * @param settings the settings of a zone, of which it uses those of the hours
 * @param changed called after each change by the person
 */
export function createHours(settings: readonly SettingDescription[], changed: () => void): Input {
  const box = create("input", { type: "checkbox", id: newId() });
  const parts = settings
    .filter(({ path }) => path[0] === "hours" && path.length === 2)
    .map((setting) => ({ key: String(setting.path[1]), setting, input: createInput(setting, changed) }));
  const times = create("div", { class: "hours" });
  for (const { setting, input } of parts)
    times.append(create("label", { for: input.target.id }, labelOf(setting.path)), input.element);
  const element = create("div", {}, box, times);
  let disabled = false;

  const write = (value: Readonly<Record<string, unknown>>): void => {
    for (const { key, setting, input } of parts)
      input.write(value[key], key === "time_zone" ? Intl.DateTimeFormat().resolvedOptions().timeZone : setting.default);
  };
  const render = (): void => {
    times.hidden = !box.checked;
    box.disabled = disabled;
    for (const { input } of parts) input.setDisabled(disabled);
  };
  box.addEventListener("input", () => {
    if (box.checked && parts.every(({ input }) => input.read() === null)) write(PROPOSED);
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
      write(box.checked ? (value as Readonly<Record<string, unknown>>) : {});
      render();
    },
    setDisabled(now) {
      disabled = now;
      render();
    },
  };
}

/** Returns the text of the box. */
export const hoursText = (): string => message("settings.hours");
