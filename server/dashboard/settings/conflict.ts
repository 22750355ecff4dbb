/** Dialog that asks which of two values to keep, after two people have changed the same setting. */

import { formatTime } from "../clock.js";
import { message } from "../messages/message.js";
import type { SettingsAuthor } from "./client.js";
import { buildElement, createId } from "./elements.js";
import type { AskConflict, SettingConflict } from "./store.js";
import { fullLabelOf, valueText } from "./texts.js";

/** Shows both values of each setting. Resolves to the user's choice. Escape continues editing. */
export const askConflict: AskConflict = (conflicts, by, at) => {
  const title = buildElement("h2", { id: createId() }, message("settings.conflict"));
  const choices = [
    buildElement("button", { value: "continue" }, message("settings.continueEditing")),
    buildElement("button", { value: "theirs" }, message("settings.takeTheirs")),
    buildElement("button", { value: "yours" }, message("settings.keepYours")),
  ];
  const dialog = buildElement(
    "dialog",
    { class: "confirm", "aria-labelledby": title.id },
    buildElement("form", { method: "dialog" }, title, buildElement("p", {}, authorText(by, at)), tableOf(conflicts), buildElement("p", { class: "buttons" }, ...choices)), // prettier-ignore
  );
  dialog.classList.add("conflict");
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yours" || dialog.returnValue === "theirs" ? dialog.returnValue : "continue");
    });
  });
};

function authorText(by: SettingsAuthor | null, at: string): string {
  if (!by) return message("settings.conflictFile");
  const time = formatTime(Date.parse(at));
  if (by.name !== null) return message("settings.conflictBy", { name: by.name, time });
  return message("settings.conflictFrom", { address: by.address, time });
}

function tableOf(conflicts: readonly SettingConflict[]): HTMLElement {
  const heads = [message("settings.setting"), message("settings.yours"), message("settings.theirs")];
  const rows = conflicts.map(({ path, value, theirs }) =>
    buildElement(
      "tr",
      {},
      buildElement("th", { scope: "row" }, fullLabelOf(path)),
      buildElement("td", {}, valueText(path, value)),
      buildElement("td", {}, valueText(path, theirs)),
    ),
  );
  return buildElement(
    "table",
    {},
    buildElement(
      "thead",
      {},
      buildElement("tr", {}, ...heads.map((head) => buildElement("th", { scope: "col" }, head))),
    ),
    buildElement("tbody", {}, ...rows),
  );
}
