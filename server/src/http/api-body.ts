import { messageProblem, OVERRIDE, type Fields, type Message, type Override } from "../../../contract/index.js";
import { HttpError } from "./errors.js";

/**
 * The body of a request, which is JSON that has these fields.
 * @param refusal what did not happen, as a sentence without its end
 * @throws HttpError 400 when it has not
 */
export function bodyOf<F extends Fields>(fields: F, body: unknown, refusal: string): Message<F> {
  const isObject = typeof body === "object" && body !== null;
  const problem = isObject ? messageProblem(fields, body) : "the body is not a JSON object";
  if (problem) throw new HttpError(400, `${refusal}: ${problem}.`);
  return body as Message<F>;
}

/** A person's override, as `<id>/set` takes it. */
export function overrideOf(body: unknown): Override {
  return bodyOf(OVERRIDE, body, "The mode was not changed");
}
