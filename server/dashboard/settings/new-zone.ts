/** Dialog that creates a zone. */

import type { Boards } from "../boards.js";
import { message } from "../messages/message.js";
import { guardDialog } from "../unsaved.js";
import { createBoardListInput } from "./board-list.js";
import { buildElement, createButton, createId } from "./elements.js";
import type { SettingInput } from "./inputs.js";
import { sentencesOf, showOrHideText } from "./form.js";
import type { SettingsStore } from "./store.js";
import { labelOf } from "./texts.js";

/** Opens the dialog. */
export function openNewZoneDialog(settings: SettingsStore, boards: Boards): void {
  const [label, name] = [buildElement("input", { id: createId(), autocomplete: "off" }), buildElement("input", { id: createId(), autocomplete: "off", spellcheck: "false" })]; // prettier-ignore
  const help = buildElement("p", { class: "hint", id: createId() }, message("settings.nameHelp"));
  name.setAttribute("aria-describedby", help.id);
  const sensors = createBoardListInput(boards, () => {});
  const lamps = createBoardListInput(boards, () => {});
  for (const list of [sensors, lamps]) list.write([], undefined);
  const problem = buildElement("p", { class: "problem", role: "alert", hidden: true });
  const title = buildElement("h2", { id: createId() }, message("settings.newZone"));
  const close = createButton(message("settings.close"), () => closeDialog());
  const submit = buildElement("button", { type: "submit" }, message("settings.createZone"));
  const form = buildElement(
    "form",
    { class: "settings-form", novalidate: true },
    buildElement("div", { class: "field" }, buildElement("label", { for: label.id }, labelOf(["label"])), label),
    buildElement(
      "div",
      { class: "field" },
      buildElement("label", { for: name.id }, message("settings.name")),
      name,
      help,
    ),
    buildGroup(labelOf(["sensors"]), sensors.element),
    buildGroup(labelOf(["lamps"]), lamps.element),
    problem,
    buildElement("p", { class: "buttons" }, submit),
  );
  const dialog = buildElement("dialog", { "class": "editor", "aria-labelledby": title.id }, buildElement("header", {}, title, close), form); // prettier-ignore
  const boardsOf = (list: SettingInput): readonly unknown[] => list.read() as readonly unknown[];
  const closeDialog = guardDialog(
    dialog,
    () => label.value + name.value !== "" || boardsOf(sensors).length + boardsOf(lamps).length > 0,
  );

  let typed = false;
  name.addEventListener("input", () => (typed = name.value !== ""));
  label.addEventListener("input", () => {
    if (!typed) name.value = proposeZoneName(label.value, settings);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void save();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    for (const list of [sensors, lamps]) list.destroy?.();
  });
  document.body.append(dialog);
  dialog.showModal();

  async function save(): Promise<void> {
    const { version } = settings;
    const short = name.value.trim();
    if (!version) return;
    if (Object.hasOwn(version.view.zones, short))
      return showOrHideText(problem, message("settings.nameTaken", { name: short }));
    const zone = { ...(label.value.trim() && { label: label.value.trim() }), sensors: sensors.read(), lamps: lamps.read() }; // prettier-ignore
    submit.disabled = true;
    try {
      const result = await settings.send("PUT", `/zones/${encodeURIComponent(short)}`, zone, ["zones", short], version);
      showOrHideText(problem, result.kind === "invalid" ? sentencesOf(result.problems) : "");
      if (result.kind === "saved") dialog.close();
    } catch (e) {
      showOrHideText(problem, (e as Error).message);
    }
    submit.disabled = false;
  }
}

function buildGroup(text: string, list: HTMLElement): HTMLElement {
  const label = buildElement("span", { class: "label", id: createId() }, text);
  list.setAttribute("aria-labelledby", label.id);
  return buildElement("div", { class: "field" }, label, list);
}

/**
 * Proposes a zone's short name: the letters and digits of its label, without accents, and a number if another zone has
 * the same short name.
 */
function proposeZoneName(label: string, { version }: SettingsStore): string {
  const plain = label.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "").replace(/[^a-z0-9_]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60); // prettier-ignore
  if (plain === "") return "";
  const taken = version?.view.zones ?? {};
  for (let number = 1; ; number++) {
    const name = number === 1 ? plain : `${plain}-${number}`;
    if (!Object.hasOwn(taken, name)) return name;
  }
}
