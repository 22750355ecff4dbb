/** Generates the JSON Schemas of the messages. */
import type { MessageDoc } from "./messages.js";

/** A JSON Schema, draft 7, which AsyncAPI 3 uses. */
export type JsonSchema = Record<string, unknown>;

/**
 * Returns the JSON Schema of a message. The schema accepts the same JSON objects as the contract's `decode`. Limits on the
 * JSON text, such as its size, are in `docs/reference/contract.md`.
 */
export function createJsonSchema({ name, description, fields }: MessageDoc): JsonSchema {
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
    // allows unknown fields, because receivers ignore them
    additionalProperties: true,
  };
}
