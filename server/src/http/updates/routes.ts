import type { FastifyInstance } from "fastify";
import { type Fields } from "../../../../contract/index.js";
import { StartError } from "../../common/errors.js";
import type { Device } from "../../devices/devices.js";
import type { InstallableVersion } from "../../updates/image-catalog.js";
import type { Rollouts } from "../../updates/rollout.js";
import type { RolloutView } from "../../updates/rollout-view.js";
import { UpdateError } from "../../updates/update-error.js";
import { SHARED_BOARDS_PROBLEM } from "../../updates/unavailable.js";
import type { Updates } from "../../updates/updates.js";
import { HttpError } from "../errors.js";
import { parseBody } from "../request-body.js";

/** Fields of the body of `POST /api/devices/<id>/update`. Without a version, the server installs the newest. */
export const UPDATE_FIELDS = { version: { type: "string", maxLength: 64 } } as const satisfies Fields;

/** What the server can install, as `GET /api/updates` shows it. */
export interface UpdatesView {
  readonly versions: readonly InstallableVersion[];
  /** The latest rollout; null if there was none. */
  readonly rollout: RolloutView | null;
}

/** Fields of the body of `PUT /api/updates/rollout`. */
export const ROLLOUT_FIELDS = {
  action: { type: "string", required: true, values: ["stop", "resume", "roll-back"] },
} as const satisfies Fields;

export interface UpdateSources {
  /** The updates of boards; undefined for a server that shares its boards with others. */
  readonly updates: Updates | undefined;
  readonly rollouts: Rollouts;
}

const STATUS_OF_PROBLEM = { unknown: 404, conflict: 409, "no-key": 409, stopping: 503 } as const;

/** Returns the updates. @throws HttpError 409 if this server has none */
function requireUpdates({ updates }: UpdateSources): Updates {
  if (!updates) throw new HttpError(409, SHARED_BOARDS_PROBLEM);
  return updates;
}

/** Runs an operation on updates, and converts its errors to responses. @throws HttpError */
async function withUpdateErrors<T>(operation: () => T | Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof UpdateError) throw new HttpError(STATUS_OF_PROBLEM[error.kind], error.message);
    // The file with the keys cannot be read.
    if (error instanceof StartError) throw new HttpError(503, error.message);
    throw error;
  }
}

/** Starts the update of a device. `body` may contain the version. */
export async function startUpdate(from: UpdateSources, device: Device, body: unknown): Promise<void> {
  const refusal = `${device.id} was not updated`;
  const { version } = parseBody(UPDATE_FIELDS, body ?? {}, refusal);
  // a typing error must not install another version than the one that was meant
  const unknown = Object.keys(body ?? {}).find((name) => !Object.hasOwn(UPDATE_FIELDS, name));
  if (unknown !== undefined)
    throw new HttpError(400, `${refusal}: "${unknown}" is not a field; the only field is "version".`);
  await withUpdateErrors(() => requireUpdates(from).request(device, version));
}

/** Gives up the update of a device. */
export async function cancelUpdate(from: UpdateSources, device: Device): Promise<void> {
  await withUpdateErrors(() => requireUpdates(from).cancel(device));
}

/** Adds `GET /api/updates`, and the routes that start and change a rollout. */
export function addUpdateRoutes(app: FastifyInstance, from: UpdateSources): void {
  app.get("/api/updates", async (): Promise<UpdatesView> => {
    const { updates, rollouts } = from;
    // the page asks on every load, so this is no error
    if (!updates) return { versions: [], rollout: null };
    await updates.refreshImages();
    return { versions: updates.images.listVersions(), rollout: rollouts.view };
  });
  app.post("/api/updates/rollout", async (_request, reply) => {
    requireUpdates(from);
    return reply.code(202).send(await withUpdateErrors(() => from.rollouts.start()));
  });
  app.put("/api/updates/rollout", (request) => {
    requireUpdates(from);
    const { action } = parseBody(ROLLOUT_FIELDS, request.body, "The rollout was not changed");
    const { rollouts } = from;
    return withUpdateErrors(() => {
      if (action === "stop") return rollouts.stop();
      return action === "resume" ? rollouts.resume() : rollouts.rollBack();
    });
  });
}
