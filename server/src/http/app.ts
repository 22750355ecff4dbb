import fastifyCookie from "@fastify/cookie";
import fastify, { type FastifyInstance } from "fastify";
import { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { listenProblem } from "../broker/sockets.js";
import type { Cluster } from "../cluster/cluster-parts.js";
import type { Log } from "../observability/log.js";
import { toUrlHost } from "../common/hosts.js";
import type { DeviceDirectory } from "../devices/directory.js";
import { NO_ACCOUNTS, type Accounts } from "../security/accounts.js";
import type { Certificates } from "../security/certificates.js";
import { withFailureLog, createPasswordCheck, type PasswordCheck } from "../security/password-check.js";
import type { LoginStore } from "../security/login-record.js";
import { LoginSessions } from "../security/login-sessions.js";
import { clock } from "../time/monotonic-clock.js";
import { addApiRoutes, type ApiSources } from "./api.js";
import { requireAuthorization, createRequestAuthenticator } from "./authorize.js";
import { addDashboardRoutes } from "./dashboard.js";
import { answerBadPath, answerUnreadableRequest, addErrorHandlers, HttpError } from "./errors.js";
import type { Events } from "./events.js";
import { addPeerRoutes } from "./peers.js";
import { guardConnections, type Guard } from "./guard.js";
import { addSecurityHeaders } from "./headers.js";
import { addFirstAdministratorRoute } from "./first-administrator.js";
import { Ingress } from "./ingress.js";
import { addLoginRoutes } from "./login.js";
import { addLoginSessionRoutes } from "./login-sessions.js";
import type { People } from "./people.js";
import { addUserRoutes } from "./users.js";
import type { Plugin, PluginContext } from "./plugin.js";
import type { HttpLimits } from "./limits.js";
import { limitRequests, type RefusalHandler } from "./client-limits.js";
import { followRenewals, toHttpsOptions } from "./tls.js";

/** The parts of the server that the HTTP application uses. */
export interface HttpOptions {
  readonly guard: Guard;
  /** Home Assistant's ingress; by default it is switched off. */
  readonly ingress?: Ingress;
  /** Accounts that may use the server. By default there are none, and everybody has access. */
  readonly accounts?: Accounts;
  /**
   * Checks passwords. Share one instance with the broker, so that both count failed attempts together. Defaults to a
   * throttled check of `accounts`.
   */
  readonly check?: PasswordCheck;
  /**
   * Whether an editor such as VS Code may embed the dashboard in a frame while the server has no accounts. Set it only
   * for a server on a loopback address. False by default.
   */
  readonly framed?: boolean;
  /** The users that administrators can manage; undefined when the server runs with `--anonymous`. */
  readonly people?: People;
  /** Stores login sessions. By default they end with the server. */
  readonly loginStore?: LoginStore;
  /** Certificates for HTTPS. The server speaks plain HTTP without them. */
  readonly tls?: Certificates;
  /** Maximum number of simultaneous connections, MQTT over WebSocket included; 10,000 by default. */
  readonly maxConnections?: number;
  /** Limits for each client. */
  readonly limits: HttpLimits;
  readonly onRefused: RefusalHandler;
  readonly api: Omit<ApiSources, "capabilities">;
  readonly events: Events;
  /** The cluster of servers; undefined when this is the only server. */
  readonly cluster?: Cluster;
  /** The topic prefix of the server; the topics of zones begin with it. */
  readonly prefix?: string;
  readonly plugins: readonly Plugin[];
  readonly directory: DeviceDirectory;
  readonly log: Log;
}

/** Timeouts in ms against clients that send a request slowly on purpose (Slowloris attack). */
const REQUEST_TIMEOUTS = { headersTimeout: 10_000, connectionsCheckingInterval: 2000 };

/** Creates the Fastify application with security checks, error handlers, routes and plug-ins, but does not listen. */
export async function createApp(options: HttpOptions): Promise<FastifyInstance> {
  const {
    guard,
    ingress = new Ingress(undefined),
    accounts = NO_ACCOUNTS,
    framed = false,
    maxConnections = 10_000,
    tls,
    api,
    events,
    log,
    people,
  } = options;
  const check = withFailureLog(options.check ?? createPasswordCheck(accounts), accounts, log);
  const app = createFastify(tls);
  guardConnections(app.server, maxConnections);
  // Accept only JSON: an HTML form on another site can send text/plain, but not JSON (CSRF).
  app.removeContentTypeParser("text/plain");
  acceptMissingBody(app);
  addErrorHandlers(app, log);

  const sessions = openLoginSessions(app, accounts, options.loginStore);
  const identify = createRequestAuthenticator(accounts, sessions, check);
  // Hooks run in the order of registration: check the origin before the account, and the account before limits.
  await addSecurityHeaders(app, {
    isFramedByEditors: () => framed && !accounts.isLoginRequired,
    isFramedByHomeAssistant: (request) => ingress.includes(request),
    secure: tls !== undefined,
  });
  app.addHook("onRequest", (request, _reply, done) => {
    const problem = guard(request.raw);
    done(problem ? new HttpError(403, problem) : undefined);
  });
  await app.register(fastifyCookie);
  requireAuthorization(app, accounts, identify, ingress);
  limitRequests(app, options.limits, options.onRefused);

  const capabilities = new Set<string>();
  addLoginRoutes(app, { accounts, sessions, people, check, identify, ingress, log });
  addFirstAdministratorRoute(app, { people, accounts, sessions, log });
  addUserRoutes(app, { people, accounts, sessions, log });
  addLoginSessionRoutes(app, sessions, log);
  const sources = { ...api, capabilities };
  if (options.cluster)
    addPeerRoutes(app, { cluster: options.cluster, prefix: options.prefix ?? "", api: sources, events, log });
  addApiRoutes(app, sources);
  events.addRoute(app, api, options.limits.eventStreams, options.onRefused);
  const context: PluginContext = {
    publishEvent: (name, data) => events.publish(name, data),
    provide: (capability) => void capabilities.add(capability),
    devices: options.directory,
    log,
  };
  for (const plugin of options.plugins) await app.register(async (scope) => plugin(scope, context));
  await addDashboardRoutes(app);
  return app;
}

/**
 * Restores the login sessions. When the application closes, the function stores at what time each session was last
 * used.
 */
function openLoginSessions(app: FastifyInstance, accounts: Accounts, store: LoginStore | undefined): LoginSessions {
  const sessions = new LoginSessions(accounts, { store });
  const unwatch = clock.onJump(() => sessions.storeTimes());
  app.addHook("onClose", async () => {
    unwatch();
    sessions.storeTimes();
    await sessions.whenStored();
  });
  return sessions;
}

/** Accepts requests that announce JSON without a body, because many clients send this header with every request. */
function acceptMissingBody(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else void parseJson(request, body, done);
  });
}

/** Replaces Fastify's schema compilers, which cost memory and start time. No route has a schema. */
const rejectSchemas = (): never => {
  throw new Error("Routes must not have a schema: this server loads no schema compiler.");
};

function createFastify(tls: Certificates | undefined): FastifyInstance {
  const common = {
    bodyLimit: 16 * 1024,
    forceCloseConnections: true,
    requestTimeout: 15_000,
    // Close a connection after 11 minutes without traffic; the longest `wait` for an action is 10 minutes.
    connectionTimeout: 11 * 60_000,
    maxRequestsPerSocket: 10_000,
    // Trust X-Forwarded-For and X-Forwarded-Proto only from a reverse proxy on this machine.
    trustProxy: "loopback",
    frameworkErrors: answerBadPath,
    clientErrorHandler: answerUnreadableRequest,
    // Allow the longest id with every character percent-encoded.
    routerOptions: { maxParamLength: 400 },
    schemaController: { compilersFactory: { buildValidator: rejectSchemas, buildSerializer: rejectSchemas } },
  };
  if (!tls) return fastify({ ...common, http: REQUEST_TIMEOUTS });
  const app = fastify({ ...common, https: { ...toHttpsOptions(tls), ...REQUEST_TIMEOUTS } });
  followRenewals(app.server, tls);
  return app as unknown as FastifyInstance;
}

/**
 * Starts to listen.
 * @returns the URL of the server, which begins with `https` when TLS is on
 * @throws StartError when the port is in use or not permitted
 */
export async function listenHttp(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenProblem("HTTP", "--http-port", host, port, error);
  }
  const scheme = (app.server as unknown) instanceof HttpsServer ? "https" : "http";
  return `${scheme}://${toUrlHost(host)}:${(app.server.address() as AddressInfo).port}`;
}
