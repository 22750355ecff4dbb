import fastifyCookie from "@fastify/cookie";
import fastify, { type FastifyInstance } from "fastify";
import { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { listenProblem } from "../broker/sockets.js";
import type { Cluster } from "../cluster/cluster-parts.js";
import type { Log } from "../observability/log.js";
import { urlHost } from "../common/hosts.js";
import type { DeviceDirectory } from "../devices/directory.js";
import { NO_ACCOUNTS, type Accounts } from "../security/accounts.js";
import type { Certificates } from "../security/certificates.js";
import { logFailures, passwordCheck, type PasswordCheck } from "../security/password-check.js";
import { LoginSessions } from "../security/login-sessions.js";
import { apiRoutes, type ApiSources } from "./api.js";
import { authorize, createIdentify } from "./authorize.js";
import { dashboardRoutes } from "./dashboard.js";
import { answerBadPath, answerUnreadable, errorHandlers, HttpError } from "./errors.js";
import type { Events } from "./events.js";
import { peerRoutes } from "./peers.js";
import { guardConnections, type Guard } from "./guard.js";
import { securityHeaders } from "./headers.js";
import { loginRoutes } from "./login.js";
import type { Plugin, PluginContext } from "./plugin.js";
import type { HttpLimits } from "./limits.js";
import { limitRequests, type Refused } from "./shares.js";
import { followRenewals, httpsOptions } from "./tls.js";

export interface HttpOptions {
  readonly guard: Guard;
  /** Those who are let in; nobody has an account by default. */
  readonly accounts?: Accounts;
  /** Checks passwords; give the broker the same one. By default a throttled check of `accounts`. */
  readonly check?: PasswordCheck;
  /** Whether an editor may show the dashboard in a frame while nobody needs an account: on loopback. False by default. */
  readonly framed?: boolean;
  /** Then it is HTTPS. */
  readonly tls?: Certificates;
  /** Connections at once, MQTT over WebSocket among them; 10,000 by default. */
  readonly maxConnections?: number;
  /** What one client may have at once. */
  readonly share: HttpLimits;
  /** Told when a client wanted more. */
  readonly refused: Refused;
  readonly api: Omit<ApiSources, "capabilities">;
  readonly events: Events;
  /** Undefined when this server is the only one; and what zones' ids begin with. */
  readonly cluster?: Cluster;
  readonly prefix?: string;
  readonly plugins: readonly Plugin[];
  readonly directory: DeviceDirectory;
  readonly log: Log;
}

/** For a client that is slow on purpose, in ms: the headers and the request must have come by then. */
const TIMEOUTS = { headersTimeout: 10_000, connectionsCheckingInterval: 2000 };

/** Makes the HTTP application: guards, rights, errors, routes, plug-ins. It does not listen yet. */
export async function createApp(options: HttpOptions): Promise<FastifyInstance> {
  const { guard, accounts = NO_ACCOUNTS, framed = false, maxConnections = 10_000, tls, api, events, log } = options;
  const check = logFailures(options.check ?? passwordCheck(accounts), accounts, log);
  const app = makeServer(tls);
  guardConnections(app.server, maxConnections);
  // nothing else is sent as a body: what a form of another site can send is none of it
  app.removeContentTypeParser("text/plain");
  errorHandlers(app, log);

  const sessions = new LoginSessions(accounts);
  const identify = createIdentify(accounts, sessions, check);
  // in this order for each request
  await securityHeaders(app, () => framed && !accounts.required, tls !== undefined);
  app.addHook("onRequest", (request, _reply, done) => {
    const problem = guard(request.raw);
    done(problem ? new HttpError(403, problem) : undefined);
  });
  await app.register(fastifyCookie);
  authorize(app, accounts, identify);
  limitRequests(app, options.share, options.refused);

  const capabilities = new Set<string>();
  loginRoutes(app, { accounts, sessions, check, identify, log });
  const sources = { ...api, capabilities };
  if (options.cluster)
    peerRoutes(app, { cluster: options.cluster, prefix: options.prefix ?? "", api: sources, events, log });
  apiRoutes(app, sources);
  events.route(app, api.devices, api.zones, options.share.eventStreams, options.refused);
  const context: PluginContext = {
    publishEvent: (name, data) => events.publish(name, data),
    provide: (capability) => void capabilities.add(capability),
    devices: options.directory,
    log,
  };
  for (const plugin of options.plugins) await app.register(async (scope) => plugin(scope, context));
  await dashboardRoutes(app);
  return app;
}

const noSchemas = (): never => {
  throw new Error("A route has a schema, which nothing here compiles.");
};

function makeServer(tls: Certificates | undefined): FastifyInstance {
  const common = {
    bodyLimit: 16 * 1024,
    forceCloseConnections: true,
    requestTimeout: 15_000,
    // longer than an action may be waited for: ends a client that never reads its answer
    connectionTimeout: 11 * 60_000,
    maxRequestsPerSocket: 10_000,
    // a proxy on this machine says whom it speaks for, and whether they came by HTTPS
    trustProxy: "loopback",
    frameworkErrors: answerBadPath,
    clientErrorHandler: answerUnreadable,
    // an id, every character of it encoded
    routerOptions: { maxParamLength: 400 },
    // no route has a schema: what compiles them is not even loaded
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  };
  if (!tls) return fastify({ ...common, http: TIMEOUTS });
  const app = fastify({ ...common, https: { ...httpsOptions(tls), ...TIMEOUTS } });
  followRenewals(app.server, tls);
  return app as unknown as FastifyInstance;
}

/**
 * Listens. Gives the address to open, which begins with https when there is TLS.
 * @throws StartError when the port cannot be had.
 */
export async function listenHttp(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenProblem("HTTP", "--http-port", host, port, error);
  }
  const scheme = (app.server as unknown) instanceof HttpsServer ? "https" : "http";
  return `${scheme}://${urlHost(host)}:${(app.server.address() as AddressInfo).port}`;
}
