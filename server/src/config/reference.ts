import { fileFlagOf, fileVariableOf, FLAGS } from "./flag-table.js";
import { jsonSchema } from "./schema.js";

interface Described {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Record<string, Described>;
  readonly additionalProperties?: Described | false;
  readonly anyOf?: readonly Described[];
  readonly required?: readonly string[];
}

/** Names for the keys that a user chooses. */
const CHOSEN: Readonly<Record<string, string>> = { zones: "<name>", devices: "<id>" };

/** Every setting with its default and what is allowed, as a table in Markdown: part of `docs/reference/configuration.md`. */
export function reference(): string {
  const rows = rowsOf(jsonSchema(), "", true);
  return ["| setting | default | what it is |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Which flag and which variable give a setting, as such a table. */
export function flagReference(): string {
  const rows = FLAGS.map((flag) => {
    const [flags, variables] = [[flag.flag], [flag.env]];
    if (flag.secret) {
      flags.push(`${fileFlagOf(flag)} <file>`);
      variables.push(fileVariableOf(flag));
    }
    const code = (names: string[]): string => names.map((name) => `\`${name}\``).join(", ");
    return `| \`${flag.path.join(" > ")}\` | ${code(flags)} | ${code(variables)} |`;
  });
  return ["| setting | flag | variable |", "| --- | --- | --- |", ...rows].join("\n");
}

function rowsOf(schema: Described, name: string, optional: boolean): string[] {
  const { properties, required = [] } = schema.anyOf?.find((branch) => branch.properties) ?? schema;
  const chosen = schema.additionalProperties || undefined;
  const own = schema.description ? [row(name, schema, optional)] : [];
  if (chosen) return [...own, ...rowsOf(chosen, `${name} > ${CHOSEN[name]}`, true)];
  const inner = Object.entries(properties ?? {}).flatMap(([key, property]) =>
    rowsOf(property, name ? `${name} > ${key}` : key, !required.includes(key)),
  );
  return [...own, ...inner];
}

function row(name: string, { description, default: value }: Described, optional: boolean): string {
  const written = Array.isArray(value) && value.length === 0 ? "none" : `\`${String(value)}\``;
  const otherwise = value === undefined || typeof value === "object" && !Array.isArray(value) ? (optional ? "" : "required") : written; // prettier-ignore
  return `| \`${name}\` | ${otherwise} | ${description!.replaceAll("|", "\\|").replaceAll("<", "\\<")} |`;
}
