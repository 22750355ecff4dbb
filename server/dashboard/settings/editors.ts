/** The editors that views outside the settings use. The page loads them together. */

export { BoardSettings } from "./board-settings.js";
export { askConflict } from "./conflict.js";
export { openNewZone } from "./new-zone.js";
export { RuleSliders } from "./rule-sliders.js";
export { openZone } from "./zone-dialog.js";
