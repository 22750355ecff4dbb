/** Notes above forms of settings: where changes are written, and why the user cannot change anything. */

import { message } from "../messages/message.js";
import { getReadOnlyReason } from "../rights.js";
import { buildElement } from "./elements.js";
import { showOrHideText } from "./form.js";
import type { SettingsStore } from "./store.js";

/** Replaces the contents of `place` by the present notes. */
export function showNotes(place: HTMLElement, { version, problem }: SettingsStore): void {
  place.replaceChildren();
  const addNote = (text: string, kind: "hint" | "problem"): void => {
    const note = buildElement("p", { class: kind });
    showOrHideText(note, text);
    place.append(note);
  };
  if (problem) addNote(message("settings.unavailable", { problem }), "problem");
  if (!version) return;
  const { view } = version;
  if (view.refusal) addNote(view.refusal, "problem");
  else if (getReadOnlyReason() === "") {
    const file = view.file?.path ?? "";
    addNote(message(view.file?.exists ? "settings.file" : "settings.newFile", { file }), "hint");
  }
  if (view.problems.length > 0) addNote(message("settings.mistakes"), "problem");
  for (const { text } of view.problems) addNote(text, "problem");
  if (view.unapplied.length > 0) addNote(message("settings.unapplied", { names: view.unapplied.join(", ") }), "hint");
  if (view.restart.length > 0) addNote(message("settings.restart", { names: view.restart.join(", ") }), "problem");
}
