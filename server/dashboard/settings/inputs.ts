/** Inputs for the kinds of settings. Each reads and writes a value in the form of the configuration file. */

import { message } from "../messages/message.js";
import type { SettingDescription } from "./client.js";
import { buildElement, createId } from "./elements.js";
import { labelOf, valueText } from "./texts.js";

/** An input for one setting. */
export interface SettingInput {
  readonly element: HTMLElement;
  /** The element that the field's label belongs to. */
  readonly target: HTMLElement;
  /** Returns the value; null for the default. */
  read(): unknown;
  /** Shows a value. @param fallback the value in effect if `value` is undefined */
  write(value: unknown, fallback: unknown): void;
  setDisabled(disabled: boolean): void;
  /** Called after the user has discarded a change of this setting. */
  handleDiscard?(): void;
  /** Called after the form with the input was removed from the page. */
  destroy?(): void;
}

/** Keys of the messages that name the units of durations, by unit. */
const UNITS = {
  ms: "settings.ms",
  s: "settings.s",
  min: "settings.min",
  h: "settings.h",
  d: "settings.d",
  forever: "settings.forever",
} as const;
type Unit = keyof typeof UNITS;

/** Creates the input for a setting. @param changed called after each change by the user */
export function createInput(setting: SettingDescription, changed: () => void): SettingInput {
  switch (setting.kind) {
    case "number":
    case "integer":
      return createNumberInput(setting, changed);
    case "duration":
      return createDurationInput(setting, changed);
    case "choice":
      return createChoiceInput(setting, changed);
    case "switch":
      return createSwitchInput(changed);
    default:
      return createTextInput(setting.kind === "time" ? "time" : "text", changed);
  }
}

function listenForChanges(element: HTMLElement, changed: () => void): void {
  element.addEventListener("input", changed);
}

/** Combines controls with functions that read and write their value. */
function combineControls(
  element: HTMLElement,
  target: HTMLElement,
  controls: (HTMLInputElement | HTMLSelectElement)[],
  functions: Pick<SettingInput, "read" | "write">,
): SettingInput {
  const setDisabled = (disabled: boolean): void => {
    for (const control of controls) control.disabled = disabled;
  };
  return { element, target, setDisabled, ...functions };
}

function createTextInput(type: string, changed: () => void): SettingInput {
  const input = buildElement("input", { type, id: createId(), autocomplete: "off" });
  listenForChanges(input, changed);
  return combineControls(input, input, [input], {
    read: () => (input.value.trim() === "" ? null : input.value),
    write(value, fallback) {
      const text = typeof value === "string" ? value : "";
      // The file may contain 7:00, but the browser needs 07:00.
      input.value = type === "time" && text !== "" ? text.padStart(5, "0") : text;
      input.placeholder = typeof fallback === "string" ? fallback : "";
    },
  });
}

function createNumberInput({ kind, minimum, maximum }: SettingDescription, changed: () => void): SettingInput {
  const step = kind === "number" ? "any" : "1";
  const input = buildElement("input", { type: "number", id: createId(), min: minimum, max: maximum, step });
  listenForChanges(input, changed);
  return combineControls(input, input, [input], {
    // Text that is not a number becomes "?", so that the server rejects it and explains the mistake.
    read: () => (input.value === "" ? (input.validity.badInput ? "?" : null) : Number(input.value)),
    write(value, fallback) {
      input.value = value === undefined || value === null ? "" : String(value);
      input.placeholder = fallback === undefined || fallback === null ? "" : String(fallback);
    },
  });
}

function createDurationInput(setting: SettingDescription, changed: () => void): SettingInput {
  const input = buildElement("input", { type: "number", id: createId(), min: 0, step: "any" });
  const unit = buildElement("select", { "aria-label": message("settings.unitOf", { field: labelOf(setting.path) }) });
  for (const [name, text] of Object.entries(UNITS))
    if (name !== "forever" || setting.maximum === name)
      unit.append(buildElement("option", { value: name }, message(text)));
  const render = (): void => {
    input.hidden = unit.value === "forever";
  };
  listenForChanges(input, changed);
  listenForChanges(unit, () => {
    render();
    changed();
  });
  return combineControls(buildElement("span", { class: "duration" }, input, unit), input, [input, unit], {
    read() {
      if (unit.value === "forever") return "forever";
      if (input.value === "") return input.validity.badInput ? "?" : null;
      return `${input.value} ${unit.value}`;
    },
    write(value, fallback) {
      const [own, inherited] = [parseDuration(value), parseDuration(fallback)];
      input.value = own?.number ?? "";
      input.placeholder = inherited?.number ?? "";
      unit.value = own?.unit ?? inherited?.unit ?? "s";
      render();
    },
  });
}

/** Splits a duration such as "10 s". 0 may stand without a unit. */
function parseDuration(value: unknown): { number: string; unit: Unit } | undefined {
  if (value === 0) return { number: "0", unit: "s" };
  if (value === "forever") return { number: "", unit: "forever" };
  const [, number, unit] = /^([\d.]+) ?(ms|s|min|h|d)$/.exec(typeof value === "string" ? value : "") ?? [];
  return number === undefined ? undefined : { number, unit: unit as Unit };
}

function createChoiceInput(setting: SettingDescription, changed: () => void): SettingInput {
  const select = buildElement("select", { id: createId() });
  for (const value of setting.values ?? [])
    select.append(buildElement("option", { value }, valueText(setting.path, value)));
  listenForChanges(select, changed);
  let fallback: unknown;
  return combineControls(select, select, [select], {
    read: () => (select.value === fallback ? null : select.value),
    write(value, standard) {
      fallback = value === undefined ? standard : undefined;
      select.value = String(value ?? standard);
    },
  });
}

function createSwitchInput(changed: () => void): SettingInput {
  const input = buildElement("input", { type: "checkbox", id: createId() });
  listenForChanges(input, changed);
  let written: unknown;
  return combineControls(input, input, [input], {
    // A mapping such as {discovery_prefix: ha} counts as on. Keep it while the switch is on.
    read: () => (!input.checked ? false : written === undefined || written === false ? null : written),
    write(value, fallback) {
      written = value;
      input.checked = (value ?? fallback) !== false;
    },
  });
}
