/** Dialog that asks which of two values to keep, after two people have changed the same setting. */

import { formatTime } from "../clock.js";
import { message } from "../messages/message.js";
import type { SettingsAuthor } from "./client.js";
import { create, newId } from "./elements.js";
import type { AskConflict, Conflict } from "./store.js";
import { labelOf, valueText } from "./texts.js";

/** Shows both values of each setting. Resolves to the person's choice. Escape continues editing. */
export const askConflict: AskConflict = (conflicts, by, at) => {
  const title = create("h2", { id: newId() }, message("settings.conflict"));
  const choices = [
    create("button", { value: "continue" }, message("settings.continueEditing")),
    create("button", { value: "theirs" }, message("settings.takeTheirs")),
    create("button", { value: "yours" }, message("settings.keepYours")),
  ];
  const dialog = create(
    "dialog",
    { class: "confirm", "aria-labelledby": title.id },
    create("form", { method: "dialog" }, title, create("p", {}, authorText(by, at)), tableOf(conflicts), create("p", { class: "buttons" }, ...choices)), // prettier-ignore
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

function tableOf(conflicts: readonly Conflict[]): HTMLElement {
  const heads = [message("settings.setting"), message("settings.yours"), message("settings.theirs")];
  const rows = conflicts.map(({ path, value, theirs }) =>
    create(
      "tr",
      {},
      create("th", { scope: "row" }, labelOf(path)),
      create("td", {}, valueText(path, value)),
      create("td", {}, valueText(path, theirs)),
    ),
  );
  return create(
    "table",
    {},
    create("thead", {}, create("tr", {}, ...heads.map((head) => create("th", { scope: "col" }, head)))),
    create("tbody", {}, ...rows),
  );
}
