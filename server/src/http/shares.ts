import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Account } from "../security/accounts.js";
import { networkOf } from "../security/network.js";
import { HttpError } from "./errors.js";
import type { HttpLimits } from "./limits.js";

/** How many clients that use up their share of event streams there is room for. */
export const ALL_STREAMS = 4;

/** Told of a refusal: whom it met, and why. */
export type Refused = (client: string, problem: string) => void;

/** Where live events are. */
export const EVENTS_PATH = "/api/events";

/** After so many seconds a client that was refused may try again. */
const RETRY_AFTER = 10;

const clients = new WeakMap<FastifyRequest, string>();

/** Notes on whose account a request goes. */
export function assignClient(request: FastifyRequest, account: Account | undefined): void {
  clients.set(request, account ? `the account ${account.name}` : networkOf(request.ip));
}

/** The client of a request, for limits and messages; undefined for what anybody may have, such as the login page. */
export function clientOf(request: FastifyRequest): string | undefined {
  return clients.get(request);
}

/** The error of a client that has too much already: 429, with `Retry-After`. */
export function tooMany(reply: FastifyReply, problem: string): HttpError {
  void reply.header("retry-after", RETRY_AFTER);
  return new HttpError(429, problem);
}

/** Bounds the requests of each client that are being answered. To be called after `authorize`. */
export function limitRequests(app: FastifyInstance, { requests: most }: HttpLimits, refused: Refused): void {
  const open = new Map<string, Set<ServerResponse>>();
  app.addHook("onRequest", (request, reply, done) => {
    const client = clientOf(request);
    if (client === undefined || request.routeOptions.url === EVENTS_PATH) return done();
    const answers = open.get(client) ?? new Set();
    if (answers.size >= most) {
      const problem = `${most} requests of ${client} are being answered already, the most that one may have; wait for them.`;
      refused(client, problem);
      return done(tooMany(reply, problem));
    }
    open.set(client, answers.add(reply.raw));
    reply.raw.once("close", () => {
      answers.delete(reply.raw);
      if (answers.size === 0) open.delete(client);
    });
    done();
  });
}
