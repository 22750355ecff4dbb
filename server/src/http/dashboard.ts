import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** `server/dist/dashboard`, seen from the built file and from the source. */
const FOLDERS = ["../../../dashboard/", "../../dist/dashboard/"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** Serves the dashboard at /, or says why there is none. */
export async function dashboardRoutes(app: FastifyInstance): Promise<void> {
  const root = FOLDERS.find((folder) => existsSync(folder + "index.html"));
  if (root) await app.register(fastifyStatic, { root });
  else
    app.get("/", (_request, reply) =>
      reply.type("text/plain; charset=utf-8").send("The dashboard has not been built: run npm run build.\n"),
    );
}
