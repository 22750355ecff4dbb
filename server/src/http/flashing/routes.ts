import { readFile } from "node:fs/promises";
import path from "node:path";
import type { FastifyInstance } from "fastify";
import type { Log } from "../../observability/log.js";
import { findDashboardFolder } from "../dashboard.js";
import { HttpError } from "../errors.js";
import {
  CHECKSUMS_FILE,
  RuntimeChecksumError,
  RuntimeDownloadError,
  runtimeNameOf,
  type RuntimeSources,
  type RuntimeStore,
} from "./runtime-store.js";

/** Sources of the runtimes and programs that the dashboard writes to boards. */
export interface FlashingSources {
  readonly runtimes: RuntimeStore;
  /** Returns the compiled program for a board; undefined when there is none. */
  program(board: string): Uint8Array | undefined;
  readonly log: Log;
}

const BYTES = "application/octet-stream";

/** Adds the routes from which the dashboard gets what it writes to a board: the runtime for its chip, and the program. */
export function addFlashingRoutes(app: FastifyInstance, { runtimes, program, log }: FlashingSources): void {
  app.get<{ Params: { chip: string } }>("/api/flashing/runtimes/:chip", async ({ params: { chip } }, reply) => {
    const sources = await readRuntimeSources();
    const source = Object.hasOwn(sources, chip) ? sources[chip] : undefined;
    if (!source) throw new HttpError(404, `There is no runtime for "${chip}"; the chips are ${Object.keys(sources).join(", ")}.`); // prettier-ignore
    try {
      const { bytes, problem } = await runtimes.get(chip, source);
      if (problem) log.warn("http", problem);
      return await reply.type(BYTES).send(Buffer.from(bytes));
    } catch (error) {
      const name = runtimeNameOf(source);
      if (error instanceof RuntimeDownloadError)
        throw new HttpError(502, `The server could not download DeviceScript's runtime: ${error.reason}. Download ${source.url} on another computer and choose the file here, or copy it to ${path.join(runtimes.folder, name)} on the server.`); // prettier-ignore
      if (error instanceof RuntimeChecksumError) throw new HttpError(502, describeMismatch(error, runtimes.folder));
      throw error;
    }
  });

  app.get<{ Params: { board: string } }>("/api/flashing/programs/:board", ({ params: { board } }, reply) => {
    const bytes = program(board);
    if (bytes) return reply.type(BYTES).send(Buffer.from(bytes));
    throw new HttpError(404, `This server has no program for the board "${board}". In a checkout, npm run build creates it; otherwise name its folder in updates.folder.`); // prettier-ignore
  });
}

function describeMismatch({ source, actual, expected }: RuntimeChecksumError, folder: string): string {
  if (source.sha256)
    return `${source.url} has the SHA-256 ${actual}, but the pinned one is ${expected}. Try another network. If the difference remains, please report it.`;
  return `${source.url} has the SHA-256 ${actual}, but that of the first download is ${expected}. Try another network. If you expect a new release of the runtime, delete ${path.join(folder, CHECKSUMS_FILE)} on the server.`;
}

/** Reads the table of runtimes, which the build puts beside the dashboard. */
async function readRuntimeSources(): Promise<RuntimeSources> {
  const folder = findDashboardFolder();
  if (!folder) throw new HttpError(503, "The dashboard has not been built: run npm run build.");
  return JSON.parse(await readFile(path.join(folder, "runtimes.json"), "utf8")) as RuntimeSources;
}
