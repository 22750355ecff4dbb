import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply } from "fastify";
import { ACTION_COMMAND, type Fields } from "../../../contract/index.js";
import { type Actions } from "../outputs/actions.js";
import { MAX_PENDING_ACTIONS, type Outcome } from "../outputs/action.js";
import { toDeviceView } from "../devices/describe-device.js";
import type { Device } from "../devices/devices.js";
import { parseBody } from "./request-body.js";
import { startUpdate, type UpdateSources } from "./updates/routes.js";
import { HttpError } from "./errors.js";

/** Fields of the body of `POST /api/devices/<id>/actions`. `expires` is in seconds and 60 by default. */
export const ACTION_REQUEST_FIELDS = {
  action: ACTION_COMMAND.action,
  expires: { type: "number", minimum: 1, maximum: 86_400 },
} as const satisfies Fields;

/** Default of the query parameter `wait`: how long a request waits for the outcome of an action, in seconds. */
export const DEFAULT_WAIT = 15;

/** Maximum of the query parameter `wait`, in seconds. */
export const MAX_WAIT = 600;

/** HTTP status for each outcome of an action. */
const OUTCOME_STATUS: Readonly<Record<Outcome["outcome"], number>> = {
  pending: 202,
  done: 200,
  refused: 200,
  timeout: 504,
};

/**
 * Adds `POST /api/devices/<id>/actions`, which sends an action to a device and waits for its outcome, and
 * `POST /api/devices/<id>/update`, which updates its program.
 * @param deviceOf finds a device by id, or throws an `HttpError` 404
 */
export function addActionRoutes(
  app: FastifyInstance,
  { actions, ...from }: { readonly actions: Actions } & UpdateSources,
  deviceOf: (id: string) => Device,
): void {
  app.post<{ Params: { "*": string }; Querystring: { wait?: unknown } }>("/api/devices/*", async (request, reply) => {
    const path = request.params["*"];
    if (path.endsWith("/update")) {
      const device = deviceOf(path.slice(0, -"/update".length));
      await startUpdate(from, device, request.body);
      return reply.code(202).send(toDeviceView(device));
    }
    if (!path.endsWith("/actions"))
      throw new HttpError(404, "POST works only for /api/devices/<id>/actions and /api/devices/<id>/update.");
    const device = deviceOf(path.slice(0, -"/actions".length));
    const wait = parseWait(request.query.wait);
    const { action, expires = 60 } = parseBody(
      ACTION_REQUEST_FIELDS,
      request.body,
      `No action was sent to ${device.id}`,
    );
    if (!device.status)
      throw new HttpError(
        409,
        `${device.id} has not published ${device.id}/status, so it may not support actions; wait until it connects.`,
      );
    if (actions.isFull(device))
      throw new HttpError(
        429,
        `${MAX_PENDING_ACTIONS} actions of ${device.id} are waiting for a reply; try again when one is done or expires.`,
      );
    const { seq, completion } = await actions.request(device, action, expires);
    const timeout = new AbortController();
    const pending: Outcome = { outcome: "pending", seq };
    const timedOut = sleep(wait * 1000, pending, { signal: timeout.signal, ref: false }).catch(() => pending);
    const outcome = await Promise.race([completion, timedOut]);
    timeout.abort();
    return reply.code(OUTCOME_STATUS[outcome.outcome]).send(outcome);
  });
}

/**
 * Answers `GET /api/devices/<id>/actions/<seq>` with the outcome of an action.
 * @param path the part of the URL after `/api/devices/`
 * @returns undefined when the path does not name an action
 */
export function sendOutcome(
  path: string,
  actions: Actions,
  deviceOf: (id: string) => Device,
  reply: FastifyReply,
): FastifyReply | undefined {
  const [, id, seq] = /^(.+)\/actions\/(\d+)$/.exec(path) ?? [];
  if (id === undefined) return undefined;
  const outcome = actions.outcomeOf(deviceOf(id), Number(seq));
  if (!outcome)
    throw new HttpError(
      404,
      `${id} has no action ${seq}; the server keeps the last 32 of each device until it restarts.`,
    );
  return reply.send(outcome);
}

function parseWait(text: unknown): number {
  if (text === undefined) return DEFAULT_WAIT;
  const wait = typeof text === "string" && /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (wait <= MAX_WAIT) return wait;
  throw new HttpError(400, `"wait" must be a number of seconds from 0 to ${MAX_WAIT}.`);
}
