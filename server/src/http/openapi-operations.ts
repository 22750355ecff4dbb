import { schemaReference, type Schema } from "./openapi-fields.js";

/** A compact description of an API operation, from which `pathsOf` creates OpenAPI. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly parameters?: readonly Schema[];
  /** Name of the schema of the request body. */
  readonly body?: string;
  /** Maximum size of the request body, in bytes; 16 KB by default. */
  readonly bodyLimit?: number;
  /** Successful responses by HTTP status. */
  readonly answers: Readonly<Record<number, ResponseDescription>>;
  /** Reasons for responses of the form `{"error": sentence}`, by status. */
  readonly errors?: Readonly<Record<number, string>>;
  /** Whether the operation needs no account. */
  readonly open?: boolean;
}

/** Operations by path and method. */
export type Paths = Readonly<
  Record<string, Partial<Readonly<Record<"get" | "put" | "post" | "patch" | "delete", Operation>>>>
>;

/** A response of an API operation. If `type` is missing, the response has no body. */
export interface ResponseDescription {
  readonly description: string;
  readonly type?: string;
  readonly schema?: Schema;
}

/** Describes a response with a JSON body. */
export const jsonResponse = (description: string, schema: Schema): ResponseDescription => ({
  description,
  type: "application/json",
  schema,
});

/** Creates a parameter of an operation. Path parameters are required, query parameters are optional. */
export function createParameter(
  place: "path" | "query" | "header",
  name: string,
  schema: Schema,
  description: string,
): Schema {
  return { name, in: place, required: place === "path", schema, description };
}

/** Converts operations to the `paths` of an OpenAPI document, and adds the errors that all operations have. */
export function pathsOf(paths: Paths): Schema {
  const toMethods = (methods: Paths[string]): Schema =>
    Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, operationOf(operation)]));
  return Object.fromEntries(Object.entries(paths).map(([path, methods]) => [path, toMethods(methods)]));
}

function operationOf({ tag, body, bodyLimit, answers, errors = {}, open = false, ...rest }: Operation): Schema {
  const statuses = {
    ...errors,
    ...(body !== undefined && {
      413: `The body is larger than ${bodyLimit ? `${bodyLimit / 1_000_000} MB` : "16 KB"}.`,
      415: "The body is not `application/json`.",
    }),
    ...(!open && { 401: "The server has accounts, and the request has no valid credentials." }),
    403: "The account has no permission, or the request comes from a page of another site.",
  };
  return {
    ...rest,
    tags: [tag],
    ...(body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: schemaReference(body) } } },
    }),
    ...(open && { security: [] }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)])),
      ...Object.fromEntries(
        Object.entries(statuses).map(([status, why]) => [
          status,
          responseOf(jsonResponse(why, schemaReference("Error"))),
        ]),
      ),
      default: { $ref: "#/components/responses/Fault" },
    },
  };
}

function responseOf({ description, type, schema }: ResponseDescription): Schema {
  return { description, ...(type !== undefined && { content: { [type]: { schema } } }) };
}
