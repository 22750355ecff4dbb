/** Dialog that creates a zone. */

import type { Boards } from "../boards.js";
import { message } from "../messages/message.js";
import { createBoardList } from "./board-list.js";
import { create, createButton, newId } from "./elements.js";
import { sentencesOf, showText } from "./form.js";
import type { Settings } from "./store.js";
import { labelOf } from "./texts.js";

/** Opens the dialog. */
export function openNewZone(settings: Settings, boards: Boards): void {
  const [label, name] = [create("input", { id: newId(), autocomplete: "off" }), create("input", { id: newId(), autocomplete: "off", spellcheck: "false" })]; // prettier-ignore
  const help = create("p", { class: "hint", id: newId() }, message("settings.nameHelp"));
  name.setAttribute("aria-describedby", help.id);
  const sensors = createBoardList(boards, () => {});
  const lamps = createBoardList(boards, () => {});
  for (const list of [sensors, lamps]) list.write([], undefined);
  const problem = create("p", { class: "problem", role: "alert", hidden: true });
  const title = create("h2", { id: newId() }, message("settings.newZone"));
  const close = createButton(message("settings.close"), () => dialog.close());
  const submit = create("button", { type: "submit" }, message("settings.createZone"));
  const form = create(
    "form",
    { class: "settings-form", novalidate: true },
    create("div", { class: "field" }, create("label", { for: label.id }, labelOf(["label"])), label),
    create("div", { class: "field" }, create("label", { for: name.id }, message("settings.name")), name, help),
    group(labelOf(["sensors"]), sensors.element),
    group(labelOf(["lamps"]), lamps.element),
    problem,
    create("p", { class: "buttons" }, submit),
  );
  const dialog = create("dialog", { "class": "editor", "aria-labelledby": title.id }, create("header", {}, title, close), form); // prettier-ignore

  let typed = false;
  name.addEventListener("input", () => (typed = name.value !== ""));
  label.addEventListener("input", () => {
    if (!typed) name.value = nameFor(label.value, settings);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void save();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();

  async function save(): Promise<void> {
    const { version } = settings;
    const short = name.value.trim();
    if (!version) return;
    if (short in version.view.zones) return showText(problem, message("settings.nameTaken", { name: short }));
    const zone = { ...(label.value.trim() && { label: label.value.trim() }), sensors: sensors.read(), lamps: lamps.read() }; // prettier-ignore
    submit.disabled = true;
    try {
      const result = await settings.send("PUT", `/zones/${encodeURIComponent(short)}`, zone, ["zones", short], version);
      showText(problem, result.kind === "invalid" ? sentencesOf(result.problems) : "");
      if (result.kind === "saved") dialog.close();
    } catch (e) {
      showText(problem, (e as Error).message);
    }
    submit.disabled = false;
  }
}

function group(text: string, list: HTMLElement): HTMLElement {
  const label = create("span", { class: "label", id: newId() }, text);
  list.setAttribute("aria-labelledby", label.id);
  return create("div", { class: "field" }, label, list);
}

/** Proposes a short name: letters and digits of the name, without accents, and a number if another zone has it. */
function nameFor(label: string, { version }: Settings): string {
  const plain = label.normalize("NFKD").toLowerCase().replace(/\p{M}/gu, "").replace(/[^a-z0-9_]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60); // prettier-ignore
  if (plain === "") return "";
  const taken = version?.view.zones ?? {};
  for (let number = 1; ; number++) {
    const name = number === 1 ? plain : `${plain}-${number}`;
    if (!(name in taken)) return name;
  }
}
