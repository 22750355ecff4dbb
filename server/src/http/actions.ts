import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply } from "fastify";
import { ACTION_COMMAND, type Fields } from "../../../contract/index.js";
import { type Actions } from "../outputs/actions.js";
import { MAX_PENDING, type Outcome } from "../outputs/action.js";
import type { Device } from "../devices/devices.js";
import { bodyOf } from "./api-body.js";
import { HttpError } from "./errors.js";

/** What is asked of a device: after how many seconds it expires is 60 unless told. */
export const REQUEST = {
  action: ACTION_COMMAND.action,
  expires: { type: "number", minimum: 1, maximum: 86_400 },
} as const satisfies Fields;

/** How long a request stays open for the outcome, in s: unless told, and at most. */
export const WAIT = 15;
export const MAX_WAIT = 600;

const STATUS: Readonly<Record<Outcome["outcome"], number>> = { pending: 202, done: 200, refused: 200, timeout: 504 };

/** Adds what devices can be asked to do. `known` gives the device of an id, or throws. */
export function actionRoutes(app: FastifyInstance, actions: Actions, known: (id: string) => Device): void {
  app.post<{ Params: { "*": string }; Querystring: { wait?: unknown } }>("/api/devices/*", async (request, reply) => {
    const path = request.params["*"];
    if (!path.endsWith("/actions")) throw new HttpError(404, "Only /api/devices/<id>/actions takes a POST.");
    const device = known(path.slice(0, -"/actions".length));
    const wait = waitOf(request.query.wait);
    const { action, expires = 60 } = bodyOf(REQUEST, request.body, `${device.id} was not asked for anything`);
    if (!device.status)
      throw new HttpError(
        409,
        `${device.id} has not announced itself on ${device.id}/status, so that it may not know actions.`,
      );
    if (actions.isFull(device))
      throw new HttpError(
        429,
        `${MAX_PENDING} actions of ${device.id} wait for a reply; wait until one is done or expires.`,
      );
    const { seq, settled } = await actions.request(device, action, expires);
    const patience = new AbortController();
    const pending: Outcome = { outcome: "pending", seq };
    const waited = sleep(wait * 1000, pending, { signal: patience.signal, ref: false }).catch(() => pending);
    const outcome = await Promise.race([settled, waited]);
    patience.abort();
    return reply.code(STATUS[outcome.outcome]).send(outcome);
  });
}

/** The outcome of the action that a path below /api/devices/ names; undefined when it names none. */
export function outcomeAt(
  path: string,
  actions: Actions,
  known: (id: string) => Device,
  reply: FastifyReply,
): FastifyReply | undefined {
  const [, id, seq] = /^(.+)\/actions\/(\d+)$/.exec(path) ?? [];
  if (id === undefined) return undefined;
  const outcome = actions.outcome(known(id), Number(seq));
  if (!outcome)
    throw new HttpError(
      404,
      `Of an action ${seq} of ${id} nothing is known: the last 32 since the server started are.`,
    );
  return reply.send(outcome);
}

function waitOf(text: unknown): number {
  if (text === undefined) return WAIT;
  const wait = typeof text === "string" && /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (wait <= MAX_WAIT) return wait;
  throw new HttpError(400, `"wait" must be a number of seconds from 0 to ${MAX_WAIT}.`);
}
