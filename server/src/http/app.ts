import fastify, { type FastifyError, type FastifyInstance } from "fastify";
import type { AddressInfo } from "node:net";
import { listenProblem } from "../broker/sockets.js";
import type { Log } from "../log.js";
import { urlHost } from "../options.js";
import type { DeviceDirectory } from "../core.js";
import { apiRoutes, type ApiSources } from "./api.js";
import { dashboardRoutes } from "./dashboard.js";
import { HttpError } from "./errors.js";
import type { Events } from "./events.js";
import type { Guard } from "./guard.js";
import type { Plugin, PluginContext } from "./plugin.js";

export interface HttpOptions {
  readonly guard: Guard;
  readonly api: Omit<ApiSources, "capabilities">;
  readonly events: Events;
  readonly plugins: readonly Plugin[];
  readonly directory: DeviceDirectory;
  readonly log: Log;
}

/** Makes the HTTP application: guards, errors, routes, plug-ins. It does not listen yet. */
export async function createApp(options: HttpOptions): Promise<FastifyInstance> {
  const { guard, api, events, log } = options;
  const app = fastify({
    bodyLimit: 16 * 1024,
    forceCloseConnections: true,
    requestTimeout: 15_000,
    // an id, every character of it encoded
    routerOptions: { maxParamLength: 400 },
  });

  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-content-type-options", "nosniff");
    const problem = guard(request.raw);
    done(problem ? new HttpError(403, problem) : undefined);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send({ error: error.message });
    log.error("http", `${request.method} ${request.url} failed: ${error.message}`, { stack: error.stack });
    return reply.code(status).send({ error: "The server failed at this request; its log says more." });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `There is no ${request.method} ${request.url.split("?", 1)[0]} here.` }),
  );

  const capabilities = new Set<string>();
  apiRoutes(app, { ...api, capabilities });
  events.route(app, api.devices);
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

/**
 * Listens. Gives the address to open.
 * @throws StartError when the port cannot be had.
 */
export async function listenHttp(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenProblem("HTTP", "--http-port", host, port, error);
  }
  return `http://${urlHost(host)}:${(app.server.address() as AddressInfo).port}`;
}
