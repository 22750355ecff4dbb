import type { Fields } from "../../../contract/index.js";

/** A JSON Schema, draft 2020-12, which OpenAPI 3.1 uses. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/**
 * Creates the schema of an object. All properties are required except those in `optional`. The compiler checks that the
 * type `T` and the schema have the same properties.
 */
export function objectSchema<T>(
  description: string,
  properties: { readonly [K in keyof Required<T>]: Schema },
  optional: readonly (keyof T)[] = [],
): Schema {
  const required = (Object.keys(properties) as (keyof T)[]).filter((name) => !optional.includes(name));
  return { type: "object", description, properties, required };
}

/**
 * Creates a schema from field definitions of the contract.
 * @param descriptions the description of each field
 */
export function fieldsSchema<F extends Fields>(
  description: string,
  fields: F,
  descriptions: { readonly [K in keyof F]: string },
): Schema {
  const names = Object.keys(fields) as (keyof F & string)[];
  return {
    type: "object",
    description,
    properties: Object.fromEntries(
      names.map((name) => {
        const { type, minimum, maximum, maxLength, values } = fields[name];
        return [name, { type, minimum, maximum, maxLength, enum: values, description: descriptions[name] }];
      }),
    ),
    required: names.filter((name) => fields[name].required),
  };
}

/** Returns a reference to a schema in `components`. */
export const schemaReference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const listSchema = (items: Schema): Schema => ({ type: "array", items });
export const textSchema = (description: string): Schema => ({ type: "string", description });
export const booleanSchema = (description: string): Schema => ({ type: "boolean", description });
export const choiceSchema = (values: readonly string[], description: string): Schema => ({
  type: "string",
  enum: values,
  description,
});
/** Returns the schema of an integer of at least 0. */
export const countSchema = (description: string): Schema => ({ type: "integer", minimum: 0, description });
/** Returns the schema of a time in ISO 8601, in UTC. */
export const isoTimeSchema = (description: string): Schema => ({ type: "string", format: "date-time", description });
/** Returns the schema of a time in ms since 1970. */
export const unixTimeSchema = (description: string): Schema => ({ type: "number", minimum: 0, description });
/** Returns the schema of a light level on the 10-bit scale, 0 to 1023. */
export const lightSchema = (description: string): Schema => ({
  type: "number",
  minimum: 0,
  maximum: 1023,
  description,
});

/** Returns a copy of a schema that also allows null. */
export function nullableSchema(schema: Schema): Schema {
  if ("$ref" in schema) return { anyOf: [schema, { type: "null" }] };
  const { type, ...rest } = schema;
  const values = rest.enum as readonly string[] | undefined;
  return { type: [type, "null"], ...rest, ...(values && { enum: [...values, null] }) };
}
