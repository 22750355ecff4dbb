import { z } from "zod";
import type { SettingDescription, SettingKind } from "../../http/settings/source.js";
import { FIELD_RANGES } from "../fields.js";
import { isSecret, type Path } from "../problems.js";
import { CONFIGURATION_SCHEMA } from "../schema.js";

/** The parts of a JSON Schema that describe a setting. */
interface SettingSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly additionalProperties?: SettingSchema | false;
  readonly anyOf?: readonly SettingSchema[];
  /** The kind and the range of a duration or a time of day. */
  range?: { readonly kind: SettingKind; readonly minimum: string; readonly maximum: string };
}

/** Settings that a reload can change. A change of any other setting needs a restart. */
const RELOADABLE_SETTINGS = new Set(["rule", "reporting", "devices", "zones", "history.readings", "history.switches", "home_assistant", "alerts"]); // prettier-ignore

/**
 * Settings that the HTTP API can change. All other settings can lock a person out, or contain secrets. The URLs to
 * which alerts are sent are secrets too, so the API can change them but never shows them.
 */
const EDITABLE_SETTINGS = new Set(["rule", "reporting", "devices", "zones", "history", "history.readings", "history.switches", "home_assistant", "home_assistant.discovery_prefix", "alerts.after", "alerts.page", "alerts.ntfy", "alerts.webhook"]); // prettier-ignore

const includesPath = (names: ReadonlySet<string>, path: Path): boolean =>
  names.has(path.slice(0, 2).join(".")) || (names.has(String(path[0])) && !SPLIT_MAPPINGS.has(String(path[0])));

/** Mappings with some settings that a reload or the API can change, and some that it cannot change. */
const SPLIT_MAPPINGS = new Set(["history", "home_assistant"]);

/** Returns whether the HTTP API can change the setting at a path. */
export const isEditable = (path: Path): boolean => includesPath(EDITABLE_SETTINGS, path);

let schema: SettingSchema | undefined;

/**
 * Returns the JSON Schema of the configuration file, with the ranges of durations. Creates the schema at the first use.
 */
function obtainSchema(): SettingSchema {
  return (schema ??= z.toJSONSchema(CONFIGURATION_SCHEMA, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      const range = FIELD_RANGES.get(zodSchema as unknown as z.ZodType);
      if (range) (jsonSchema as SettingSchema).range = range;
    },
  }) as SettingSchema);
}

/** Describes all settings except those of zones and devices. */
export function listSettingFields(): SettingDescription[] {
  const properties = Object.entries(obtainSchema().properties!);
  return fieldsOf(Object.fromEntries(properties.filter(([name]) => name !== "zones" && name !== "devices")), []);
}

/** Describes the settings of one zone or one device. Their paths begin below its name. */
export function listMemberFields(kind: "zones" | "devices"): SettingDescription[] {
  const { additionalProperties } = obtainSchema().properties![kind];
  return fieldsOf((additionalProperties as SettingSchema).properties!, []).map((field) => ({
    ...field,
    restart: false,
  }));
}

function fieldsOf(properties: Readonly<Record<string, SettingSchema>>, above: Path): SettingDescription[] {
  return Object.entries(properties).flatMap(([key, property]) => {
    const path = [...above, key];
    const inner = property.properties ?? property.anyOf?.find((branch) => branch.properties)?.properties;
    const nested = inner ? fieldsOf(inner, path) : [];
    return inner && !property.description ? nested : [fieldOf(path, property), ...nested];
  });
}

function fieldOf(path: Path, { description, range, ...rest }: SettingSchema): SettingDescription {
  return {
    path,
    description: description ?? "",
    kind: range?.kind ?? kindOf(rest),
    ...((range ?? rest).minimum !== undefined && { minimum: (range ?? rest).minimum }),
    ...((range ?? rest).maximum !== undefined && { maximum: (range ?? rest).maximum }),
    ...(rest.enum && { values: rest.enum }),
    ...(rest.default !== undefined && { default: rest.default }),
    restart: !includesPath(RELOADABLE_SETTINGS, path),
    secret: isSecret(path),
  };
}

function kindOf({ type, enum: values, anyOf }: SettingSchema): SettingKind {
  if (values) return "choice";
  // Settings that are either a mapping or false turn a part of the server on or off.
  if (type === "boolean" || anyOf?.some((branch) => branch.type === "boolean")) return "switch";
  const kinds: Record<string, SettingKind> = { number: "number", integer: "integer", array: "list", object: "mapping" }; // prettier-ignore
  return kinds[type ?? ""] ?? "text";
}
