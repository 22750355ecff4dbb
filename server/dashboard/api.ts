/** Client of the server's HTTP API. Paths are relative, so that the page also works behind a proxy's path prefix. */

import type { AlertView } from "../src/alerts/alert.js";
import type { DeviceView } from "../src/devices/device-view.js";
import type { HistoryAnswer } from "../src/history/history.js";
import type { UpdatesView } from "../src/http/updates/routes.js";
import type { RolloutView } from "../src/updates/rollout.js";
import type { ZoneView } from "../src/decisions/zones/view.js";
import { setClock } from "./clock.js";
import { message } from "./messages/message.js";

export type Mode = "auto" | "on" | "off";
export type Action = "report" | "reboot" | "identify";

/** A device as the API returns it. */
export type Device = DeviceView;
/** An alert as the API returns it. */
export type Alert = AlertView;
/** A zone as the API returns it. */
export type Zone = ZoneView;

/** The update of all boards as the API returns it. */
export type Rollout = RolloutView;
export type RolloutChange = "stop" | "resume" | "roll-back";

/** State of a simulated board: light, lamp and network. */
export interface SimulatedBoard {
  id: string;
  /** Light on the simulated sensor, 0 to 1023. */
  light: number;
  /** Whether the simulated lamp is on. */
  lamp: boolean;
  /** Whether a user holds the light at a fixed level. */
  held: boolean;
  running: boolean;
  crashes: number;
  network: "up" | "cut";
}

export interface ReadingPoint {
  /** When the reading was taken, in ms since 1970, by the server's clock. */
  readonly time: number;
  readonly light: number | null;
  readonly led_on: boolean | null;
}

export interface Status {
  version: string;
  broker: { url: string; websocket?: string | null; embedded: boolean };
  /** Whether the server runs simulated boards. */
  simulator: boolean;
  contested_client_ids: ContestedClientId[];
  /** Why the server cannot store data and what to do. `problem` is null while the server can store data. */
  storage: { readonly problem: string | null };
}

/** An MQTT client id that several clients use at the same time. Each of their connections ends the previous one. */
export interface ContestedClientId {
  readonly client_id: string;
  /** Account of the clients; null if clients need no account. */
  readonly account: string | null;
  /** Addresses that the clients connect from. */
  readonly addresses: readonly string[];
  /** How often one connection ended the other during the last minute. */
  readonly takeovers: number;
}

/** The login session. `name` and `role` are null if nobody is logged in. */
export interface Session {
  readonly name: string | null;
  readonly role: "admin" | "reader" | null;
  /** Whether the server requires a login. */
  readonly required: boolean;
  /** Whether nobody has an account. Only then can the page create the first administrator. */
  readonly first_administrator_missing?: boolean;
  /** Whether Home Assistant has logged the user in, so that nobody can log out here. */
  readonly ingress?: boolean;
}

/** Result of an action, with the diagnostics that the board reported. */
export interface ActionOutcome {
  readonly outcome: "pending" | "done" | "refused" | "timeout";
  readonly error?: string;
  readonly light?: number;
  readonly led_on?: boolean;
  /** Time since the board started, in ms. */
  readonly uptime?: number;
  readonly rejected?: number;
  readonly connects?: number;
  /** When the board's program started, in ms since the board started. */
  readonly began?: number;
  readonly waiting?: number;
  readonly dropped?: number;
}

/** Error of an API request: the server refused it or cannot be reached. The message is a sentence for the user. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** HTTP status; 0 if the server did not answer. */
    readonly status: number,
  ) {
    super(message);
  }
}

let unauthorized = (): void => {};

/** Sets the callback for requests that fail because the server requires a login. */
export function onUnauthorized(callback: () => void): void {
  unauthorized = callback;
}

/** Gets the server's status. @throws ApiError */
export async function getStatus(): Promise<Status> {
  return (await (await sendRequest("GET", "api/status")).json()) as Status;
}

/** Gets the login session. @throws ApiError */
export async function getSession(): Promise<Session> {
  return (await (await sendRequest("GET", "api/session")).json()) as Session;
}

/** Ends the login session. @throws ApiError */
export async function postLogout(): Promise<void> {
  await sendRequest("POST", "api/logout", {});
}

/** Gets the latest readings of a device, oldest first. @throws ApiError */
export async function getRecentReadings(id: string): Promise<ReadingPoint[]> {
  const response = await sendRequest("GET", `api/recent?device=${encodeURIComponent(id)}`);
  return ((await response.json()) as { points: ReadingPoint[] }).points;
}

/** Gets a device's history from `from` to `to`, in ms since 1970, in at most `points` buckets. @throws ApiError */
export async function getHistory(id: string, from: number, to: number, points: number): Promise<HistoryAnswer> {
  const query = `${formatHistoryQuery(id, from, to)}&points=${points}`;
  return (await (await sendRequest("GET", `api/history?${query}`)).json()) as HistoryAnswer;
}

/** Returns the URL of a CSV file with every reading of a device from `from` to `to`, in ms since 1970. */
export function csvPathOf(id: string, from: number, to: number): string {
  return `api/history.csv?${formatHistoryQuery(id, from, to)}`;
}

function formatHistoryQuery(id: string, from: number, to: number): string {
  return `device=${encodeURIComponent(id)}&from=${Math.floor(from)}&to=${Math.ceil(to)}`;
}

/** Gets the simulated boards. @throws ApiError */
export async function getSimulatedBoards(): Promise<SimulatedBoard[]> {
  return (await (await sendRequest("GET", "api/simulator/boards")).json()) as SimulatedBoard[];
}

/** How long to wait for the answer to an override, in ms. The next override of the same lamp or zone waits for it. */
const OVERRIDE_TIMEOUT = 15_000;

/**
 * Sets a lamp's override for `duration` ms, or without end if `duration` is undefined. The mode `auto` ends the
 * override. Returns the updated device.
 * @throws ApiError
 */
export async function putMode(id: string, mode: Mode, duration?: number): Promise<Device> {
  const body = { mode, for: duration };
  const path = `api/devices/${encodeURIComponent(id)}/mode`;
  return (await (await sendRequest("PUT", path, body, OVERRIDE_TIMEOUT)).json()) as Device;
}

/**
 * Sets the override of a zone's lamps for `duration` ms, or without end if `duration` is undefined. The mode `auto`
 * ends the override. Returns the updated zone.
 * @throws ApiError
 */
export async function putZoneMode(name: string, mode: Mode, duration?: number): Promise<Zone> {
  const body = { mode, for: duration };
  const path = `api/zones/${encodeURIComponent(name)}/mode`;
  return (await (await sendRequest("PUT", path, body, OVERRIDE_TIMEOUT)).json()) as Zone;
}

/** HTTP status of an action that expired without a reply from the board. */
const STATUS_ACTION_EXPIRED = 504;

/** Sends an action to a board and waits at most `wait` seconds for its reply. @throws ApiError */
export async function postAction(id: string, action: Action, wait: number): Promise<ActionOutcome> {
  const path = `api/devices/${encodeURIComponent(id)}/actions?wait=${wait}`;
  try {
    return (await (await sendRequest("POST", path, { action })).json()) as ActionOutcome;
  } catch (e) {
    if (e instanceof ApiError && e.status === STATUS_ACTION_EXPIRED) return { outcome: "timeout" };
    throw e;
  }
}

/** Starts to update the program of a board, to the newest version or to `version`. @throws ApiError */
export async function postUpdate(id: string, version?: string): Promise<void> {
  await sendRequest("POST", `api/devices/${encodeURIComponent(id)}/update`, { version });
}

/** Gives up the update of a board. @throws ApiError */
export async function deleteUpdate(id: string): Promise<void> {
  await sendRequest("DELETE", `api/devices/${encodeURIComponent(id)}/update`);
}

/** Gets the versions that the server can install, and the update of all boards. @throws ApiError */
export async function getUpdates(): Promise<UpdatesView> {
  return (await (await sendRequest("GET", "api/updates")).json()) as UpdatesView;
}

/** Starts to update all boards in waves. @throws ApiError */
export async function startRollout(): Promise<Rollout> {
  return (await (await sendRequest("POST", "api/updates/rollout", {})).json()) as Rollout;
}

/** Stops, resumes or rolls back the update of all boards. @throws ApiError */
export async function changeRollout(action: RolloutChange): Promise<Rollout> {
  return (await (await sendRequest("PUT", "api/updates/rollout", { action })).json()) as Rollout;
}

/** Deletes a device and its history. @throws ApiError */
export async function deleteDevice(id: string): Promise<void> {
  await sendRequest("DELETE", `api/devices/${encodeURIComponent(id)}`);
}

/** Stops a simulated board and removes it. Does nothing if it is gone already. @throws ApiError */
export async function deleteSimulatedBoard(id: string): Promise<void> {
  await sendRequest("DELETE", `api/simulator/boards/${encodeURIComponent(id)}`).catch((error: ApiError) => {
    if (error.status !== 404) throw error;
  });
}

/** Holds a simulated sensor at a light level, 0 to 1023; null returns to the simulated light. @throws ApiError */
export async function putLight(id: string, light: number | null): Promise<void> {
  await sendRequest("PUT", `api/simulator/boards/${encodeURIComponent(id)}/light`, { light });
}

/** Cuts or restores a simulated board's network. @throws ApiError */
export async function putNetwork(id: string, state: SimulatedBoard["network"]): Promise<void> {
  await sendRequest("PUT", `api/simulator/boards/${encodeURIComponent(id)}/network`, { state });
}

/**
 * Sends a request with an optional JSON body.
 * @param timeout how long to wait for the answer, in ms; by default as long as the browser does
 * @throws ApiError if the server refuses it, does not answer in time or cannot be reached
 */
export async function sendRequest(method: string, path: string, body?: object, timeout?: number): Promise<Response> {
  const response = await fetchFromServer(method, path, body, {}, timeout);
  if (response.ok) return response;
  throw await readError(response);
}

/** Sends a request. Returns the response with any status. @throws ApiError if the server cannot be reached */
export async function fetchFromServer(
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
  timeout?: number,
): Promise<Response> {
  const content = body && { body: JSON.stringify(body) };
  const type = body && { "content-type": "application/json" };
  const abort = new AbortController();
  const timer = timeout === undefined ? undefined : setTimeout(() => abort.abort(), timeout);
  let response: Response;
  try {
    response = await fetch(path, { method, ...content, headers: { ...type, ...headers }, signal: abort.signal });
  } catch {
    throw new ApiError(message("page.unreachable"), 0);
  } finally {
    clearTimeout(timer);
  }
  setClock(response.headers.get("date"));
  if (response.status === 401) unauthorized();
  return response;
}

/** Returns the error that a response describes. */
export async function readError(response: Response): Promise<ApiError> {
  const { error } = (await response.json().catch(() => ({}))) as { error?: unknown };
  const reason = typeof error === "string" ? error : message("page.httpStatus", { status: String(response.status) });
  return new ApiError(reason, response.status);
}
