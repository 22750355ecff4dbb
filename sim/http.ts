/** The HTTP API of simulated boards, as a Fastify plug-in for the server or for other programs. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { idProblem } from "../contract/index.js";
import type { SimulatedBoard } from "./board.js";
import { MAX_LIGHT, MIN_LIGHT } from "./light.js";
import type { Settings } from "./settings.js";
import type { Simulator } from "./simulator.js";
import type { CutKind } from "./vm/protocol.js";

/** State of a simulated board, as JSON in the API. */
export interface BoardView {
  id: string;
  /** Light at the sensor, 0 to 1023. */
  light: number;
  lamp: boolean;
  /** Whether the user has set the light by hand. The light source then has no effect. */
  held: boolean;
  running: boolean;
  crashes: number;
  network: "up" | "cut";
}

export interface SimulatorContext {
  /** Called with `simulated-board` and a `BoardView` when a board changes, at most ten times per second and board. */
  publishEvent?(name: string, data: unknown): void;
}

const BOARDS_PATH = "/api/simulator/boards";
/** The shortest time between two events of a board, in ms. */
const EVENT_INTERVAL = 100;
/** Largest number of simulated boards. Adding one more fails, because each board needs about 35 MB of memory. */
const MAX_BOARDS = 64;

class RequestError extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

export function toBoardView({
  id,
  light,
  lamp,
  isLightHeld: held,
  running,
  crashes,
  network,
}: SimulatedBoard): BoardView {
  return { id, light, lamp, held, running, crashes, network: network.state };
}

/**
 * Adds the routes below `/api/simulator/boards`. Ids may be plain or URL-encoded. Errors have the form `{error}`.
 * @param settingsOf returns the settings of a board that a request adds, in addition to those of the simulator
 */
export function simulatorRoutes(simulator: Simulator, settingsOf?: (id: string) => Promise<Settings>) {
  return (fastify: FastifyInstance, context: SimulatorContext = {}): void => {
    fastify.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
      const { statusCode = 500 } = error;
      // Pass internal errors on to the program that uses this plug-in, which logs them.
      if (statusCode >= 500 && !(error instanceof RequestError)) throw error;
      return reply.code(statusCode).send({ error: error.message });
    });

    fastify.get(BOARDS_PATH, () => [...simulator.boards.values()].map(toBoardView));
    fastify.post(BOARDS_PATH, (request, reply) => addBoard(simulator, request, reply, settingsOf));
    fastify.delete(`${BOARDS_PATH}/*`, async (request, reply) => {
      const id = wildcardOf(request);
      if (!(await simulator.remove(id))) throw createNotFoundError(id);
      return reply.code(204).send();
    });
    fastify.put(`${BOARDS_PATH}/*`, (request) => {
      const [board, what] = parseBoardPath(simulator, wildcardOf(request));
      if (what === "light") setLight(board, request.body);
      else if (what === "network") setNetwork(board, request.body);
      else throw new RequestError(404, `PUT works for "light" and "network" of a board, not for "${what}".`);
      return toBoardView(board);
    });
    fastify.post(`${BOARDS_PATH}/*`, async (request) => {
      const [board, what] = parseBoardPath(simulator, wildcardOf(request));
      if (what !== "restart") throw new RequestError(404, `POST works for "restart" of a board, not for "${what}".`);
      await waitForStart(board.restart());
      return toBoardView(board);
    });

    const { publishEvent } = context;
    if (publishEvent) fastify.addHook("onClose", publishChanges(simulator, publishEvent.bind(context)));
  };
}

/** Returns the wildcard part of a request's path, without URL encoding: a board id, or a board id with an action. */
function wildcardOf(request: FastifyRequest): string {
  return (request.params as { "*": string })["*"];
}

function createNotFoundError(id: string): RequestError {
  return new RequestError(404, `There is no simulated board "${id}".`);
}

/**
 * Splits `<id>/<what>` at the last slash, because a board id may contain slashes.
 * @throws RequestError for an unknown board
 */
function parseBoardPath(simulator: Simulator, path: string): [board: SimulatedBoard, what: string] {
  const slash = path.lastIndexOf("/");
  const id = path.slice(0, Math.max(0, slash));
  const board = simulator.boards.get(id);
  if (!board) throw createNotFoundError(simulator.boards.has(path) ? `${path}/…` : id);
  return [board, path.slice(slash + 1)];
}

async function waitForStart(start: Promise<void>): Promise<void> {
  try {
    await start;
  } catch (error) {
    throw new RequestError(500, (error as Error).message);
  }
}

async function addBoard(
  simulator: Simulator,
  { body }: FastifyRequest,
  reply: FastifyReply,
  settingsOf?: (id: string) => Promise<Settings>,
): Promise<BoardView> {
  const id = fieldOf(body, "id");
  const problem = typeof id === "string" ? idProblem(id) : "an id is a text";
  if (typeof id !== "string" || problem)
    throw new RequestError(400, `A board needs {"id": "nightlight/my-board"}: ${problem}.`);
  const settings = await settingsOf?.(id);
  if (simulator.boards.has(id)) throw new RequestError(409, `There is a simulated board "${id}" already.`);
  if (simulator.boards.size >= MAX_BOARDS)
    throw new RequestError(409, `There are ${MAX_BOARDS} simulated boards, and no more fit; remove one first.`);
  const board = simulator.add({ id, settings });
  await waitForStart(board.start());
  void reply.code(201);
  return toBoardView(board);
}

function setLight(board: SimulatedBoard, body: unknown): void {
  const light = fieldOf(body, "light");
  if (light !== null && !(typeof light === "number" && light >= MIN_LIGHT && light <= MAX_LIGHT))
    throw new RequestError(
      400,
      `The light must be {"light": N} with a number from ${MIN_LIGHT} to ${MAX_LIGHT}, or null to release it.`,
    );
  board.setLight(light);
}

function setNetwork(board: SimulatedBoard, body: unknown): void {
  const state = fieldOf(body, "state");
  const how = fieldOf(body, "how") ?? "reset";
  if (state === "up") board.network.heal();
  else if (state === "cut" && ["reset", "end", "silent"].includes(how as string))
    board.network.cut({ how: how as CutKind });
  else
    throw new RequestError(
      400,
      'The network must be {"state": "up"} or {"state": "cut"}, with "how": "reset", "end" or "silent" if wanted.',
    );
}

function fieldOf(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;
}

/** Publishes an event after changes of a board, at most once per `EVENT_INTERVAL`. Returns a function that stops it. */
function publishChanges(simulator: Simulator, publish: (name: string, data: unknown) => void): () => Promise<void> {
  const timers = new Map<SimulatedBoard, NodeJS.Timeout>();
  const changed = function (this: SimulatedBoard) {
    if (timers.has(this)) return;
    const publishBoard = () => {
      timers.delete(this);
      if (simulator.boards.get(this.id) === this) publish("simulated-board", toBoardView(this));
    };
    timers.set(this, setTimeout(publishBoard, EVENT_INTERVAL));
  };
  const watchBoard = (board: SimulatedBoard) => {
    board.on("change", changed);
    changed.call(board);
  };
  for (const board of simulator.boards.values()) watchBoard(board);
  simulator.on("add", watchBoard);
  return () => {
    simulator.off("add", watchBoard);
    for (const board of simulator.boards.values()) board.off("change", changed);
    for (const timer of timers.values()) clearTimeout(timer);
    return Promise.resolve();
  };
}
