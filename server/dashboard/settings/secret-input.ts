/** Input for a secret URL, which the server never shows: the user can replace or remove it. */

import { message } from "../messages/message.js";
import type { SettingDescription } from "./client.js";
import { buildElement, createButton, createId } from "./elements.js";
import type { SettingInput } from "./inputs.js";
import { labelOf } from "./texts.js";

export interface SecretInput extends SettingInput {
  /** Enters a value, as the user would. */
  enter(value: string): void;
  /** Returns the text that the user has entered; "" if there is none. */
  entered(): string;
}

/** Creates an input for a secret. @param changed called after each change by the user */
export function createSecretInput({ path }: SettingDescription, changed: () => void): SecretInput {
  const input = buildElement("input", { type: "url", id: createId(), autocomplete: "off", spellcheck: "false" });
  let saved: unknown = null; // the masked value
  let isRemoved = false;
  const remove = createButton(
    message("settings.removeSecret"),
    () => {
      isRemoved = true;
      input.value = "";
      render();
      input.focus();
      changed();
    },
    { class: "quiet", "aria-label": message("settings.removeSecretOf", { field: labelOf(path) }) },
  );
  const render = (): void => {
    input.placeholder = isRemoved ? message("settings.removedSecret") : typeof saved === "string" ? saved : "";
    remove.hidden = saved === null || isRemoved;
  };
  const entered = (): string => input.value.trim();
  input.addEventListener("input", changed);
  render();
  return {
    element: buildElement("span", { class: "secret-input" }, input, remove),
    target: input,
    entered,
    enter(value) {
      input.value = value;
      changed();
    },
    // An unchanged secret reads as its masked value. The form saves only changed fields, so the mask is never saved.
    read: () => entered() || (isRemoved ? null : saved),
    write(value) {
      saved = value ?? null;
      isRemoved = false;
      input.value = "";
      render();
    },
    setDisabled(disabled) {
      input.disabled = remove.disabled = disabled;
    },
  };
}
