import type { MessageDoc } from "./messages.js";

/** A JSON Schema, draft 7: the one that AsyncAPI 3 builds on. */
export type JsonSchema = Record<string, unknown>;

/**
 * The JSON Schema of a message. It accepts what the contract's `decode` accepts of JSON objects; what no schema can say,
 * because it is about the text and not the value, `docs/reference/contract.md` says.
 */
export function jsonSchema({ name, description, fields }: MessageDoc): JsonSchema {
  const required = fields.filter(({ field }) => field.required).map(({ name }) => name);
  return {
    title: name,
    description,
    type: "object",
    properties: Object.fromEntries(
      fields.map(({ name, field, description, default: byDefault }) => [
        name,
        {
          ...(description && { description }),
          type: field.type,
          ...(field.values && { enum: field.values }),
          ...(field.minimum !== undefined && { minimum: field.minimum }),
          ...(field.maximum !== undefined && { maximum: field.maximum }),
          ...(field.maxLength !== undefined && { maxLength: field.maxLength }),
          ...(byDefault !== undefined && { default: byDefault }),
        },
      ]),
    ),
    ...(required.length > 0 && { required }),
    // fields that are not listed are ignored
    additionalProperties: true,
  };
}
