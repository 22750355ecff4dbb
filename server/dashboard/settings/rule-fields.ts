/** The form fields of a lamp rule. A zone or a board may set only some of them. */

import type { SettingDescription, SettingsVersion } from "./client.js";
import type { Form } from "./form.js";
import { createInput } from "./inputs.js";
import { valueOf } from "./values.js";

/** Keys of the settings of a rule. */
const RULE_KEYS = ["threshold", "hysteresis", "min_on", "min_off"] as const;

/**
 * Adds the fields of a rule to a form. An empty field means that the common rule applies.
 * @param settings the settings of the zone or board
 * @param path the path of the mapping that contains the rule
 */
export function addRuleFields(form: Form, settings: readonly SettingDescription[], path: readonly string[]): void {
  for (const key of RULE_KEYS) {
    const setting = settings.find((one) => one.path.at(-1) === key);
    if (!setting) continue;
    form.addField({
      setting,
      path: [...path, key],
      input: createInput(setting, () => form.handleChange()),
      fallback: (version: SettingsVersion) => valueOf(version, ["rule", key]),
    });
  }
}
