import type { Field } from "../../contract/index.js";
import { CHANNELS, type Flow } from "./channels.js";
import type { MessageDoc } from "./messages.js";

/**
 * The document with what stands between `<!-- generated: name -->` and `<!-- end -->` replaced by the part of that name.
 * @throws Error when the document has no place for a part, or wants one that there is not.
 */
export function fill(document: string, parts: Readonly<Record<string, string>>): string {
  const wanted = new Set(Object.keys(parts));
  const filled = document.replace(
    /(<!-- generated: (\S+) -->\n)[^]*?(<!-- end -->)/g,
    (_all, begin, name: string, end) => {
      if (!(name in parts)) throw new Error(`there is nothing to be generated that is called "${name}"`);
      wanted.delete(name);
      return `${begin}\n${parts[name]}\n\n${end}`;
    },
  );
  if (wanted.size > 0) throw new Error(`there is no place for ${[...wanted].join(", ")}: <!-- generated: name -->`);
  return filled;
}

/** The parts of `docs/reference/contract.md`: all topics as `topics`, and the fields of each message by its file's name. */
export function contractParts(messages: readonly MessageDoc[]): Record<string, string> {
  return {
    topics: topics(messages),
    ...Object.fromEntries(messages.map((doc) => [doc.file, fields(doc)])),
  };
}

function topics(messages: readonly MessageDoc[]): string {
  const docOf = new Map(messages.map((doc) => [doc.constant, doc]));
  const row = (address: string, flow: Flow): string[] => {
    const { name, file } = docOf.get(flow.message)!;
    const topic = address.replace(/\{(\w+)\}/g, "<$1>");
    const retained = (flow.retain ? "yes" : "no") + (flow.will ? "; also the will" : "");
    return [
      `\`${topic}\``,
      `${flow.from} → ${flow.to}`,
      `1, ${retained}`,
      `[${name}](../schemas/${file}.json): \`${json(flow.example)}\`${flow.will ? `; the will is \`${json(flow.will)}\`` : ""}`,
    ];
  };
  return table(
    ["topic", "from → to", "QoS, retained", "payload, for example"],
    Object.values(CHANNELS).flatMap(({ address, flows }) => flows.map((flow) => row(address, flow))),
  );
}

function fields({ fields }: MessageDoc): string {
  const defaults = fields.some((doc) => doc.default !== undefined);
  return table(
    ["field", "value", ...(defaults ? ["default"] : []), "meaning"],
    fields.map((doc) => [
      `\`${doc.name}\`${doc.field.required ? ", required" : ""}`,
      valueOf(doc.field),
      ...(defaults ? [`\`${JSON.stringify(doc.default)}\``] : []),
      doc.description,
    ]),
  );
}

/** What a field may be, in words. */
function valueOf({ type, values, minimum, maximum, maxLength }: Field): string {
  if (values) return values.map((value) => `\`"${value}"\``).join(", ");
  if (type === "boolean") return "`true`, `false`";
  if (type === "string") return `text of at most ${maxLength} characters`;
  const range = maximum === undefined ? `from ${minimum}` : `${minimum} to ${maximum}`;
  return type === "integer" ? `whole number, ${range}` : range;
}

function json(value: object): string {
  return JSON.stringify(value).replaceAll(/([:,])/g, "$1 ");
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
