import { fileFlagOf, fileVariableOf, FLAGS } from "./flag-table.js";
import { createJsonSchema } from "./schema.js";

/** The parts of a JSON Schema from which the documentation tables are generated. */
interface SettingSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Record<string, SettingSchema>;
  readonly additionalProperties?: SettingSchema | false;
  readonly anyOf?: readonly SettingSchema[];
  readonly required?: readonly string[];
}

/** Placeholders in the documentation tables for names that users choose. */
const USER_KEY_PLACEHOLDERS: Readonly<Record<string, string>> = { zones: "<name>", devices: "<id>" };

/**
 * Generates the Markdown table of all settings for `docs/reference/configuration.md`, with defaults and allowed values.
 */
export function createSettingsReference(): string {
  const rows = rowsOf(createJsonSchema(), "", true);
  return ["| setting | default | what it is |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Generates the Markdown table of flags and variables for `docs/reference/configuration.md`. */
export function createFlagReference(): string {
  const rows = FLAGS.map((flag) => {
    const [flags, variables] = [[flag.flag], [flag.env]];
    if (flag.secret) {
      flags.push(`${fileFlagOf(flag)} <file>`);
      variables.push(fileVariableOf(flag));
    }
    const formatCode = (names: string[]): string => names.map((name) => `\`${name}\``).join(", ");
    return `| \`${flag.path.join(" > ")}\` | ${formatCode(flags)} | ${formatCode(variables)} |`;
  });
  return ["| setting | flag | variable |", "| --- | --- | --- |", ...rows].join("\n");
}

function rowsOf(schema: SettingSchema, name: string, optional: boolean): string[] {
  const { properties, required = [] } = schema.anyOf?.find((branch) => branch.properties) ?? schema;
  const chosen = schema.additionalProperties || undefined;
  const own = schema.description ? [formatTableRow(name, schema, optional)] : [];
  if (chosen) return [...own, ...rowsOf(chosen, `${name} > ${USER_KEY_PLACEHOLDERS[name]}`, true)];
  const inner = Object.entries(properties ?? {}).flatMap(([key, property]) =>
    rowsOf(property, name ? `${name} > ${key}` : key, !required.includes(key)),
  );
  return [...own, ...inner];
}

function formatTableRow(name: string, { description, default: value }: SettingSchema, optional: boolean): string {
  const written = Array.isArray(value) && value.length === 0 ? "none" : `\`${String(value)}\``;
  const fallback = value === undefined || typeof value === "object" && !Array.isArray(value) ? (optional ? "" : "required") : written; // prettier-ignore
  return `| \`${name}\` | ${fallback} | ${description!.replaceAll("|", "\\|").replaceAll("<", "\\<")} |`;
}
