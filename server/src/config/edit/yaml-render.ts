/** Writes values as YAML text. */
import { Document, visit, type ToStringOptions } from "yaml";

const RENDER_OPTIONS = {
  lineWidth: 0,
  // Never divide a text into several lines, whose indentation would depend on the place in the file.
  blockQuote: false,
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
  flowCollectionPadding: false,
} as const satisfies ToStringOptions;

function renderYaml(value: unknown, options: ToStringOptions = {}): string {
  const document = new Document(value, { schema: "core", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === "string" && /[\p{Cc}\u2028\u2029]/u.test(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ ...RENDER_OPTIONS, ...options }).trimEnd();
}

/** Writes a value on one line, as it may stand in a block or flow collection: `{threshold: 300}`. */
export function renderInFlow(value: unknown): string {
  return renderYaml([value], { collectionStyle: "flow" }).slice(1, -1);
}

/** Writes a text, a number or an empty collection, as it may stand after `key:` or `-` in a block collection. */
export function renderInBlock(value: unknown): string {
  return renderYaml(value);
}

/**
 * Writes a mapping or list in lines of its own.
 * @param indent the indentation of the lines
 * @param step the number of spaces by which nested lines are indented further
 */
export function renderLines(value: object, indent: string, step: number): string[] {
  return renderYaml(value, { indent: step })
    .split("\n")
    .map((line) => indent + line);
}
