import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** Possible locations of `server/dist/dashboard`, relative to this module when it is compiled and when it is source. */
const DASHBOARD_FOLDERS = ["../../../dashboard/", "../../dist/dashboard/"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** The folder with the built dashboard; undefined if it was not built. */
export const findDashboardFolder = (): string | undefined =>
  DASHBOARD_FOLDERS.find((folder) => existsSync(folder + "index.html"));

/**
 * Serves the dashboard at / and the login page at /login. If the dashboard was not built, both explain how to build it.
 */
export async function addDashboardRoutes(app: FastifyInstance): Promise<void> {
  const root = findDashboardFolder();
  if (!root) {
    for (const path of ["/", "/login"])
      app.get(path, (_request, reply) =>
        reply.type("text/plain; charset=utf-8").send("The dashboard has not been built: run npm run build.\n"),
      );
    return;
  }
  await app.register(fastifyStatic, {
    root,
    // Create one route for each existing file, so that no path of a request reaches the file system.
    wildcard: false,
    // Compression is safe from BREACH attacks, because the files contain no secrets.
    preCompressed: true,
    globIgnore: ["**/*.br", "**/*.gz"],
    cacheControl: false,
    // The browser must revalidate its copy each time, so that cached pages do not appear after a logout.
    setHeaders(response) {
      response.setHeader("cache-control", "private, no-cache");
    },
  });
  app.get("/login", (_request, reply) => reply.sendFile("login.html"));
}
