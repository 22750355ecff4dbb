/** The forms, sliders and dialogs that edit settings in other views. The page loads all of them together. */

export { BoardSettings } from "./board-settings.js";
export { askConflict } from "./conflict.js";
export { openNewZoneDialog } from "./new-zone.js";
export { RuleSliders } from "./rule-sliders.js";
export { openZoneDialog } from "./zone-dialog.js";
