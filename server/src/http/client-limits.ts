import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Account } from "../security/accounts.js";
import { networkOf } from "../security/network.js";
import { HttpError } from "./errors.js";
import type { HttpLimits } from "./limits.js";

/** Maximum number of event streams of all clients together, as a multiple of the limit for one client. */
export const TOTAL_STREAMS_FACTOR = 4;

/** Called when the server refuses a request of a client that exceeds a limit. */
export type RefusalHandler = (client: string, problem: string) => void;

/** Path of the event stream, which sends live events. */
export const EVENTS_PATH = "/api/events";

/** Value of the `Retry-After` header for a client that exceeds a limit, in seconds. */
const RETRY_AFTER = 10;

const clientsByRequest = new WeakMap<FastifyRequest, string>();

/**
 * Assigns a request to a client: its account, or the network address if it has no account. The limits of this client
 * then apply to the request.
 */
export function assignClient(request: FastifyRequest, account: Account | undefined): void {
  clientsByRequest.set(request, account ? `the account ${account.name}` : networkOf(request.ip));
}

/** Returns the client whose limits apply to a request; undefined on public routes such as the login page. */
export function clientOf(request: FastifyRequest): string | undefined {
  return clientsByRequest.get(request);
}

/** Creates the error 429 for a client that exceeds a limit, and sets `Retry-After`. */
export function createTooManyRequestsError(reply: FastifyReply, problem: string): HttpError {
  void reply.header("retry-after", RETRY_AFTER);
  return new HttpError(429, problem);
}

/** Limits the simultaneous requests of each client, except event streams. Call it after `requireAuthorization`. */
export function limitRequests(app: FastifyInstance, { requests: limit }: HttpLimits, onRefused: RefusalHandler): void {
  const open = new Map<string, Set<ServerResponse>>();
  app.addHook("onRequest", (request, reply, done) => {
    const client = clientOf(request);
    if (client === undefined || request.routeOptions.url === EVENTS_PATH) return done();
    const responses = open.get(client) ?? new Set();
    if (responses.size >= limit) {
      const problem = `The server is already answering ${limit} requests of ${client}, the limit for one client; wait for them.`;
      onRefused(client, problem);
      return done(createTooManyRequestsError(reply, problem));
    }
    open.set(client, responses.add(reply.raw));
    reply.raw.once("close", () => {
      responses.delete(reply.raw);
      if (responses.size === 0) open.delete(client);
    });
    done();
  });
}
