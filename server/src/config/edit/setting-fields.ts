import { z } from "zod";
import type { SettingDescription, SettingKind } from "../../http/settings/source.js";
import { FIELD_RANGES } from "../fields.js";
import type { Path } from "../problems.js";
import { CONFIGURATION } from "../schema.js";

/** The parts of a JSON Schema that describe a setting. */
interface Described {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly additionalProperties?: Described | false;
  readonly anyOf?: readonly Described[];
  /** The kind and the range of a duration or a time of day. */
  range?: { readonly kind: SettingKind; readonly minimum: string; readonly maximum: string };
}

/** Settings that a reload can change. A change of every other setting needs a restart. */
const RELOADABLE = new Set(["rule", "reporting", "devices", "zones", "history.readings", "history.switches", "home_assistant", "alerts"]); // prettier-ignore

/** Settings that the HTTP API can change. The others can lock a person out, or contain secrets. */
const EDITABLE = new Set(["rule", "reporting", "devices", "zones", "history", "history.readings", "history.switches", "home_assistant", "home_assistant.discovery_prefix", "alerts.after", "alerts.page"]); // prettier-ignore

const isIn = (names: ReadonlySet<string>, path: Path): boolean =>
  names.has(path.slice(0, 2).join(".")) || (names.has(String(path[0])) && !SPLIT.has(String(path[0])));

/** Mappings whose settings differ in what can change them. */
const SPLIT = new Set(["history", "home_assistant"]);

/** Returns whether the HTTP API can change the setting at a path. */
export const isEditable = (path: Path): boolean => isIn(EDITABLE, path);

let schema: Described | undefined;

/** The JSON Schema of the configuration file, with the ranges of durations. Created at the first use. */
function describedSchema(): Described {
  return (schema ??= z.toJSONSchema(CONFIGURATION, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      const range = FIELD_RANGES.get(zodSchema as unknown as z.ZodType);
      if (range) (jsonSchema as Described).range = range;
    },
  }) as Described);
}

/** Describes all settings except those of zones and devices. */
export function settingFields(): SettingDescription[] {
  const properties = Object.entries(describedSchema().properties!);
  return fieldsOf(Object.fromEntries(properties.filter(([name]) => name !== "zones" && name !== "devices")), []);
}

/** Describes the settings of one zone or one device. Their paths begin below its name. */
export function memberFields(kind: "zones" | "devices"): SettingDescription[] {
  const { additionalProperties } = describedSchema().properties![kind];
  return fieldsOf((additionalProperties as Described).properties!, []).map((field) => ({ ...field, restart: false }));
}

function fieldsOf(properties: Readonly<Record<string, Described>>, above: Path): SettingDescription[] {
  return Object.entries(properties).flatMap(([key, property]) => {
    const path = [...above, key];
    const inner = property.properties ?? property.anyOf?.find((branch) => branch.properties)?.properties;
    const nested = inner ? fieldsOf(inner, path) : [];
    return inner && !property.description ? nested : [fieldOf(path, property), ...nested];
  });
}

function fieldOf(path: Path, { description, range, ...rest }: Described): SettingDescription {
  return {
    path,
    description: description ?? "",
    kind: range?.kind ?? kindOf(rest),
    ...((range ?? rest).minimum !== undefined && { minimum: (range ?? rest).minimum }),
    ...((range ?? rest).maximum !== undefined && { maximum: (range ?? rest).maximum }),
    ...(rest.enum && { values: rest.enum }),
    ...(rest.default !== undefined && { default: rest.default }),
    restart: !isIn(RELOADABLE, path),
  };
}

function kindOf({ type, enum: values, anyOf }: Described): SettingKind {
  if (values) return "choice";
  // Settings that are either a mapping or false turn a part of the server on or off.
  if (type === "boolean" || anyOf?.some((branch) => branch.type === "boolean")) return "switch";
  const kinds: Record<string, SettingKind> = { number: "number", integer: "integer", array: "list", object: "mapping" }; // prettier-ignore
  return kinds[type ?? ""] ?? "text";
}
