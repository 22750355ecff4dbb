/** Compares the answers of a running server with the OpenAPI document. */
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect } from "vitest";
import { createOpenApiDocument } from "../../../server/src/http/openapi.js";
import { ask, type Answer } from "./api.js";

interface DescribedOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly requestBody?: unknown;
  readonly responses: Readonly<Record<string, { content?: Record<string, unknown> }>>;
}

interface ApiDescription {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

export const apiDescription = createOpenApiDocument("0.0.0") as unknown as ApiDescription;

/** An operation of the OpenAPI document. */
export interface Operation extends DescribedOperation {
  readonly path: string;
  readonly method: string;
}

export const operations: Operation[] = Object.entries(apiDescription.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]) => ({ ...described, path, method: method.toUpperCase() })),
);

/** Sets `additionalProperties` to false in all object schemas, so that validation finds undescribed fields. */
function closeObjects(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closeObjects);
  const copy = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closeObjects(value)]));
  return copy.type === "object" && copy.properties ? { ...copy, additionalProperties: false } : copy;
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema({ $id: "api:description", ...(closeObjects(JSON.parse(JSON.stringify(apiDescription))) as object) });

/** Validates a value against the schema at a path of the document. Returns the errors; "" when the value is valid. */
export function findSchemaProblem(place: readonly string[], value: unknown): string {
  const pointer = place.map((part) => `/${encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))}`);
  const validate = ajv.compile({ $ref: `api:description#${pointer.join("")}` });
  return validate(value) ? "" : ajv.errorsText(validate.errors);
}

/** A request for an operation. */
export interface DescribedRequest {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends requests and validates the answers against the document. */
export class DescribedApi {
  /** Operations and statuses that were validated, such as `getZone 404`. */
  readonly seen = new Set<string>();

  /** Sends a request to the server at `url`, and validates its answer against the document. Returns the answer. */
  async checkAnswer(
    url: string,
    operationId: string,
    status: number,
    { path = {}, query = "", body, headers = {} }: DescribedRequest = {},
  ): Promise<Answer> {
    const operation = operations.find((one) => one.operationId === operationId)!;
    const filled = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name]));
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await ask(
      url,
      filled + query,
      { method: operation.method, headers: { ...type, ...headers } },
      typeof body === "object" ? JSON.stringify(body) : body,
    );
    expect(answer.status, `${operationId}: ${JSON.stringify(answer.body)}`).toBe(status);
    const response = operation.responses[status];
    expect(response, `${operationId} describes ${status}`).toBeDefined();
    const [media, ...others] = Object.keys(response.content ?? {});
    expect(others).toEqual([]);
    if (media === undefined) expect(answer.body).toBe("");
    else {
      expect(answer.headers["content-type"]).toMatch(new RegExp(`^${media}(;|$)`));
      const place = ["paths", operation.path, operation.method.toLowerCase(), "responses", String(status), "content"];
      expect(findSchemaProblem([...place, media, "schema"], answer.body), `${operationId} ${status}`).toBe("");
    }
    this.seen.add(`${operationId} ${status}`);
    return answer;
  }

  /** Returns the answers that the document describes for the selected operations and that have not been validated. */
  listUnseenAnswers(isSelected: (operation: Operation) => boolean): string[] {
    return operations
      .filter(isSelected)
      .flatMap(({ operationId, responses }) => Object.keys(responses).map((status) => `${operationId} ${status}`))
      .filter((answer) => !answer.endsWith(" default") && !this.seen.has(answer));
  }
}
