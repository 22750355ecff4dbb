import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** `server/dist/dashboard`, seen from the built file and from the source. */
const FOLDERS = ["../../../dashboard/", "../../dist/dashboard/"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Serves the dashboard at /, and the login page at /login, or says why there is none. */
export async function dashboardRoutes(app: FastifyInstance): Promise<void> {
  const root = FOLDERS.find((folder) => existsSync(folder + "index.html"));
  if (!root) {
    for (const path of ["/", "/login"])
      app.get(path, (_request, reply) =>
        reply.type("text/plain; charset=utf-8").send("The dashboard has not been built: run npm run build.\n"),
      );
    return;
  }
  await app.register(fastifyStatic, {
    root,
    // a route for each file that there is: a path is never looked up in the file system
    wildcard: false,
    // the build has left them compressed as well; they hold no secret that their length could tell
    preCompressed: true,
    globIgnore: ["**/*.br", "**/*.gz"],
    cacheControl: false,
    // kept, and asked for each time whether it is still so: whoever logged out gets nothing out of the cache
    setHeaders(response) {
      response.setHeader("cache-control", "private, no-cache");
    },
  });
  app.get("/login", (_request, reply) => reply.sendFile("login.html"));
}
