import { ref, type Schema } from "./openapi-fields.js";

/** What an operation takes and gives, in short. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly parameters?: readonly Schema[];
  /** The schema of its body, by name. */
  readonly body?: string;
  /** What it gives when all is well, by status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** When it answers `{"error": sentence}`, by status. */
  readonly errors?: Readonly<Record<number, string>>;
  /** Whether it answers everybody, and names no account. */
  readonly open?: boolean;
}

/** Operations by path and method. */
export type Paths = Readonly<Record<string, Partial<Readonly<Record<"get" | "put" | "post" | "delete", Operation>>>>>;

/** What comes back, and as what; nothing unless given. */
export interface Answer {
  readonly description: string;
  readonly type?: string;
  readonly schema?: Schema;
}

export const json = (description: string, schema: Schema): Answer => ({
  description,
  type: "application/json",
  schema,
});

/** A parameter of an operation; one of a query is optional. */
export function parameter(place: "path" | "query", name: string, schema: Schema, description: string): Schema {
  return { name, in: place, required: place === "path", schema, description };
}

/** The paths as OpenAPI has them. */
export function pathsOf(paths: Paths): Schema {
  const described = (methods: Paths[string]): Schema =>
    Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, operationOf(operation)]));
  return Object.fromEntries(Object.entries(paths).map(([path, methods]) => [path, described(methods)]));
}

function operationOf({ tag, body, answers, errors = {}, open = false, ...rest }: Operation): Schema {
  const statuses = {
    ...errors,
    ...(body !== undefined && { 413: "The body is larger than 16 KB.", 415: "The body is not `application/json`." }),
    ...(!open && { 401: "There are accounts, and none was shown, or a wrong one." }),
    403: "The page or the account may not do this.",
  };
  return {
    ...rest,
    tags: [tag],
    ...(body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: ref(body) } } },
    }),
    ...(open && { security: [] }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
      ...Object.fromEntries(
        Object.entries(statuses).map(([status, why]) => [status, response(json(why, ref("Error")))]),
      ),
      default: { $ref: "#/components/responses/Fault" },
    },
  };
}

function response({ description, type, schema }: Answer): Schema {
  return { description, ...(type !== undefined && { content: { [type]: { schema } } }) };
}
