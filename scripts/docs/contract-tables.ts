/** Generates the tables of `docs/reference/contract.md`. */
import type { Field } from "../../contract/index.js";
import { formatMarkdownTable } from "../lib/generated-files.js";
import { CHANNELS, type MessageFlow } from "./channels.js";
import type { MessageDoc } from "./messages.js";

/** Returns the tables by name: `topics` with all topics, and a table of fields for each message, such as `lamp-command`. */
export function createContractTables(messages: readonly MessageDoc[]): Record<string, string> {
  return {
    topics: formatTopicsTable(messages),
    ...Object.fromEntries(messages.map((doc) => [doc.file, formatFieldsTable(doc)])),
  };
}

function formatTopicsTable(messages: readonly MessageDoc[]): string {
  const docOf = new Map(messages.map((doc) => [doc.constant, doc]));
  const formatRow = (address: string, flow: MessageFlow): string[] => {
    const { name, file } = docOf.get(flow.message)!;
    const topic = address.replace(/\{(\w+)\}/g, "<$1>");
    const retainedText = (flow.retain ? "yes" : "no") + (flow.will ? "; also the will" : "");
    return [
      `\`${topic}\``,
      `${flow.from} → ${flow.to}`,
      `1, ${retainedText}`,
      `[${name}](../schemas/${file}.json): \`${formatJson(flow.example)}\`${flow.will ? `; the will is \`${formatJson(flow.will)}\`` : ""}`,
    ];
  };
  return formatMarkdownTable(
    ["topic", "from → to", "QoS, retained", "payload, for example"],
    Object.values(CHANNELS).flatMap(({ address, flows }) => flows.map((flow) => formatRow(address, flow))),
  );
}

function formatFieldsTable({ fields }: MessageDoc): string {
  const defaults = fields.some((doc) => doc.default !== undefined);
  return formatMarkdownTable(
    ["field", "value", ...(defaults ? ["default"] : []), "meaning"],
    fields.map((doc) => [
      `\`${doc.name}\`${doc.field.required ? ", required" : ""}`,
      formatAllowedValues(doc.field),
      ...(defaults ? [`\`${JSON.stringify(doc.default)}\``] : []),
      doc.description,
    ]),
  );
}

/** Describes the values that a field allows. */
function formatAllowedValues({ type, values, minimum, maximum, maxLength }: Field): string {
  if (values) return values.map((value) => `\`"${value}"\``).join(", ");
  if (type === "boolean") return "`true`, `false`";
  if (type === "string") return `text of at most ${maxLength} characters`;
  const range = maximum === undefined ? `from ${minimum}` : `${minimum} to ${maximum}`;
  return type === "integer" ? `whole number, ${range}` : range;
}

function formatJson(value: object): string {
  return JSON.stringify(value).replaceAll(/([:,])/g, "$1 ");
}
