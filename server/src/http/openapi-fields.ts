import type { Fields } from "../../../contract/index.js";

/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 takes it. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/**
 * An object with these properties, which all have to be there but for those named. The compiler sees to it that a type
 * and its schema have the same ones.
 */
export function objectOf<T>(
  description: string,
  properties: { readonly [K in keyof Required<T>]: Schema },
  optional: readonly (keyof T)[] = [],
): Schema {
  const required = (Object.keys(properties) as (keyof T)[]).filter((name) => !optional.includes(name));
  return { type: "object", description, properties, required };
}

/** The schema of what the contract describes, each field with a sentence of its own. */
export function schemaOf<F extends Fields>(
  description: string,
  fields: F,
  sentences: { readonly [K in keyof F]: string },
): Schema {
  const names = Object.keys(fields) as (keyof F & string)[];
  return {
    type: "object",
    description,
    properties: Object.fromEntries(
      names.map((name) => {
        const { type, minimum, maximum, maxLength, values } = fields[name];
        return [name, { type, minimum, maximum, maxLength, enum: values, description: sentences[name] }];
      }),
    ),
    required: names.filter((name) => fields[name].required),
  };
}

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const listOf = (items: Schema): Schema => ({ type: "array", items });
export const text = (description: string): Schema => ({ type: "string", description });
export const flag = (description: string): Schema => ({ type: "boolean", description });
export const oneOf = (values: readonly string[], description: string): Schema => ({
  type: "string",
  enum: values,
  description,
});
/** A whole number that is not negative. */
export const count = (description: string): Schema => ({ type: "integer", minimum: 0, description });
/** ISO 8601, in UTC. */
export const moment = (description: string): Schema => ({ type: "string", format: "date-time", description });
/** In ms since 1970. */
export const time = (description: string): Schema => ({ type: "number", minimum: 0, description });
/** On the lesson's 10-bit scale. */
export const light = (description: string): Schema => ({ type: "number", minimum: 0, maximum: 1023, description });

/** The same, or null. */
export function orNull({ type, ...rest }: Schema): Schema {
  const values = rest.enum as readonly string[] | undefined;
  return { type: [type, "null"], ...rest, ...(values && { enum: [...values, null] }) };
}
