import { messageProblem, OVERRIDE, type Fields, type Message, type Override } from "../../../contract/index.js";
import { HttpError } from "./errors.js";

/**
 * Validates the JSON body of a request against field definitions.
 * @param refusal what the server did not do, such as "The mode was not changed"; the error message begins with this
 * text
 * @throws HttpError 400 when a field is missing, unknown or has a wrong value
 */
export function parseBody<F extends Fields>(fields: F, body: unknown, refusal: string): Message<F> {
  const isObject = typeof body === "object" && body !== null;
  const problem = isObject ? messageProblem(fields, body) : "the body is not a JSON object";
  if (problem) throw new HttpError(400, `${refusal}: ${problem}.`);
  return body as Message<F>;
}

/** Validates the body of a request that sets a mode. The fields are those of the MQTT topic `<id>/set`. */
export function parseOverride(body: unknown): Override {
  return parseBody(OVERRIDE, body, "The mode was not changed");
}
