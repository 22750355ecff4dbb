/** Inputs for the kinds of settings. Each reads and writes a value in the form of the configuration file. */

import { message } from "../messages/message.js";
import type { SettingDescription } from "./client.js";
import { create, newId } from "./elements.js";
import { labelOf, valueText } from "./texts.js";

/** An input for one setting. */
export interface Input {
  readonly element: HTMLElement;
  /** The element that the label names. */
  readonly target: HTMLElement;
  /** Returns the value; null for the default. */
  read(): unknown;
  /** Shows a value. @param fallback the value in effect without an own one */
  write(value: unknown, fallback: unknown): void;
  setDisabled(disabled: boolean): void;
}

/** The units of durations, with their texts. */
const UNITS = {
  ms: "settings.ms",
  s: "settings.s",
  min: "settings.min",
  h: "settings.h",
  d: "settings.d",
  forever: "settings.forever",
} as const;
type Unit = keyof typeof UNITS;

/** Creates the input for a setting. @param changed called after each change by the person */
export function createInput(setting: SettingDescription, changed: () => void): Input {
  switch (setting.kind) {
    case "number":
    case "integer":
      return numberInput(setting, changed);
    case "duration":
      return durationInput(setting, changed);
    case "choice":
      return choiceInput(setting, changed);
    case "switch":
      return switchInput(changed);
    default:
      return textInput(setting.kind === "time" ? "time" : "text", changed);
  }
}

function listen(element: HTMLElement, changed: () => void): void {
  element.addEventListener("input", changed);
}

/** Creates the functions of an input from its controls. */
function inputOf(
  element: HTMLElement,
  target: HTMLElement,
  controls: (HTMLInputElement | HTMLSelectElement)[],
  functions: Pick<Input, "read" | "write">,
): Input {
  // prettier-ignore
  const setDisabled = (disabled: boolean): void => {
    for (const control of controls) control.disabled = disabled;
  };
  return { element, target, setDisabled, ...functions };
}

function textInput(type: string, changed: () => void): Input {
  const input = create("input", { type, id: newId(), autocomplete: "off" });
  listen(input, changed);
  return inputOf(input, input, [input], {
    read: () => (input.value.trim() === "" ? null : input.value),
    write(value, fallback) {
      input.value = typeof value === "string" ? value : "";
      input.placeholder = typeof fallback === "string" ? fallback : "";
    },
  });
}

function numberInput({ kind, minimum, maximum }: SettingDescription, changed: () => void): Input {
  const step = kind === "number" ? "any" : "1";
  const input = create("input", { type: "number", id: newId(), min: minimum, max: maximum, step });
  listen(input, changed);
  return inputOf(input, input, [input], {
    // A text that is no number is sent as it is, so that the server explains the mistake.
    read: () => (input.value === "" ? (input.validity.badInput ? "?" : null) : Number(input.value)),
    write(value, fallback) {
      input.value = value === undefined || value === null ? "" : String(value);
      input.placeholder = fallback === undefined || fallback === null ? "" : String(fallback);
    },
  });
}

function durationInput(setting: SettingDescription, changed: () => void): Input {
  const input = create("input", { type: "number", id: newId(), min: 0, step: "any" });
  const unit = create("select", { "aria-label": message("settings.unitOf", { field: labelOf(setting.path) }) });
  for (const [name, text] of Object.entries(UNITS))
    if (name !== "forever" || setting.maximum === name) unit.append(create("option", { value: name }, message(text)));
  const render = (): void => {
    input.hidden = unit.value === "forever";
  };
  listen(input, changed);
  listen(unit, () => {
    render();
    changed();
  });
  return inputOf(create("span", { class: "duration" }, input, unit), input, [input, unit], {
    read() {
      if (unit.value === "forever") return "forever";
      if (input.value === "") return input.validity.badInput ? "?" : null;
      return `${input.value} ${unit.value}`;
    },
    write(value, fallback) {
      const [own, inherited] = [partsOf(value), partsOf(fallback)];
      input.value = own?.number ?? "";
      input.placeholder = inherited?.number ?? "";
      unit.value = own?.unit ?? inherited?.unit ?? "s";
      render();
    },
  });
}

/** Splits a duration such as "10 s". 0 may stand without a unit. */
function partsOf(value: unknown): { number: string; unit: Unit } | undefined {
  if (value === 0) return { number: "0", unit: "s" };
  if (value === "forever") return { number: "", unit: "forever" };
  const [, number, unit] = /^([\d.]+) ?(ms|s|min|h|d)$/.exec(typeof value === "string" ? value : "") ?? [];
  return number === undefined ? undefined : { number, unit: unit as Unit };
}

function choiceInput(setting: SettingDescription, changed: () => void): Input {
  const select = create("select", { id: newId() });
  for (const value of setting.values ?? []) select.append(create("option", { value }, valueText(setting.path, value)));
  listen(select, changed);
  let fallback: unknown;
  return inputOf(select, select, [select], {
    read: () => (select.value === fallback ? null : select.value),
    write(value, standard) {
      fallback = value === undefined ? standard : undefined;
      select.value = String(value ?? standard);
    },
  });
}

function switchInput(changed: () => void): Input {
  const input = create("input", { type: "checkbox", id: newId() });
  listen(input, changed);
  let written: unknown;
  return inputOf(input, input, [input], {
    // A mapping such as {discovery_prefix: ha} means on, and stays as long as the switch is on.
    read: () => (!input.checked ? false : written === undefined || written === false ? null : written),
    write(value, fallback) {
      written = value;
      input.checked = (value ?? fallback) !== false;
    },
  });
}
