import type {
  SettingOrigin,
  SettingProblem,
  SettingsView,
  SettingValues,
  SettingView,
} from "../../http/settings/source.js";
import type { LoadedConfiguration } from "../load.js";
import { isMapping, type Mapping } from "../paths.js";
import { toMaskedContents } from "../print.js";
import type { Path, Problem } from "../problems.js";
import { isEditable, listMemberFields, listSettingFields } from "./setting-fields.js";

/** The parts of a view that come from the state of the server, not from the configuration. */
export type ViewState = Pick<SettingsView, "file" | "refusal" | "problems" | "unapplied" | "restart">;

/**
 * Creates the view of the settings.
 * @param loaded the configuration to show
 * @param data the data of its file
 */
export function createSettingsView(loaded: LoadedConfiguration, data: Mapping, state: ViewState): SettingsView {
  const values = toMaskedContents(loaded);
  return {
    ...state,
    settings: listSettingFields().map((field) => createSettingView(field, values, loaded)),
    zones: membersOf(data.zones),
    devices: membersOf(data.devices),
    fields: { zone: listMemberFields("zones"), device: listMemberFields("devices") },
  };
}

function createSettingView(
  field: ReturnType<typeof listSettingFields>[number],
  values: Mapping,
  loaded: LoadedConfiguration,
): SettingView {
  const origin = originOf(loaded, field.path);
  const editable = isEditable(field.path) && origin.from !== "flag" && origin.from !== "variable";
  return { ...field, value: valueAt(values, field.path) ?? null, origin, editable };
}

/** Returns where the value of a setting comes from. */
export function originOf(loaded: LoadedConfiguration, path: Path): SettingOrigin {
  const name = loaded.origin(path);
  if (name === undefined) return { from: "default", name: null };
  return { from: name.startsWith("--") ? "flag" : name.startsWith("NIGHTLIGHT_") ? "variable" : "file", name };
}

/** Returns the value at a path; undefined if there is none. */
export function valueAt(values: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (isMapping(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), values); // prettier-ignore
}

/** Returns zones or devices by their names. A zone or device without settings becomes an empty mapping. */
function membersOf(value: unknown): Record<string, SettingValues> {
  const entries = Object.entries(isMapping(value) ? value : {});
  return Object.fromEntries(entries.map(([name, inner]) => [name, isMapping(inner) ? inner : {}]));
}

/** Converts problems of the configuration to the form of the API. */
export const toProblemViews = (problems: readonly Problem[]): SettingProblem[] =>
  problems.map(({ text, path, line, column }) => ({
    text,
    path: path ?? null,
    line: line ?? null,
    column: column ?? null,
  }));
