/** The server's HTTP API, as far as the page uses it. Paths are relative, so that the page also works below a prefix. */

import type { DeviceView } from "../src/devices/device-view.js";
import type { HistoryAnswer } from "../src/history/history.js";
import type { ZoneView } from "../src/decisions/zones/view.js";
import { setClock } from "./clock.js";

export type Mode = "auto" | "on" | "off";
export type Action = "report" | "reboot" | "identify";

/** What the server knows of a device, and of a zone. */
export type Device = DeviceView;
export type Zone = ZoneView;

/** A simulated board, as its simulator sees it: `light` on its sensor, its `lamp` itself. */
export interface Board {
  id: string;
  /** 0 to 1023. */
  light: number;
  lamp: boolean;
  /** Whether the light is held by hand. */
  held: boolean;
  running: boolean;
  crashes: number;
  network: "up" | "cut";
}

export interface Point {
  /** ms since 1970, by the server's clock. */
  readonly time: number;
  readonly light: number | null;
  readonly led_on: boolean | null;
}

export interface Status {
  version: string;
  broker: { url: string; websocket?: string | null; embedded: boolean };
  /** Whether there are simulated boards. */
  simulator: boolean;
  contested_client_ids: ContestedClientId[];
  /** What the server cannot store, if anything, and what to do about it. */
  storage: { readonly problem: string | null };
}

/** A client id that two clients use at the same time, so that each connection ends the other. */
export interface ContestedClientId {
  readonly client_id: string;
  /** The account of both clients; null where clients need no account. */
  readonly account: string | null;
  /** Addresses that the clients connect from. */
  readonly addresses: readonly string[];
  /** How often one connection ended the other during the last minute. */
  readonly takeovers: number;
}

/** Who looks at the page; `name` and `role` are null where nobody has to log in, and for somebody who did not. */
export interface Session {
  readonly name: string | null;
  readonly role: "admin" | "reader" | null;
  /** Whether one has to log in. */
  readonly required: boolean;
}

/** What became of an action, with what the board reported. */
export interface Outcome {
  readonly outcome: "pending" | "done" | "refused" | "timeout";
  readonly error?: string;
  readonly light?: number;
  readonly led_on?: boolean;
  /** ms since it started. */
  readonly uptime?: number;
  readonly rejected?: number;
  readonly connects?: number;
  /** When its program began, in ms since it started. */
  readonly began?: number;
  readonly waiting?: number;
  readonly dropped?: number;
}

/** The server said no, or cannot be reached; the message is a sentence for the user. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
  ) {
    super(message);
  }
}

let unauthorized = (): void => {};

/** Calls `then` when the server wants somebody to log in. */
export function onUnauthorized(then: () => void): void {
  unauthorized = then;
}

/** What the server is and does. @throws ApiError */
export async function getStatus(): Promise<Status> {
  return (await (await request("GET", "api/status")).json()) as Status;
}

/** Who is logged in. @throws ApiError */
export async function getSession(): Promise<Session> {
  return (await (await request("GET", "api/session")).json()) as Session;
}

/** Logs out. @throws ApiError */
export async function postLogout(): Promise<void> {
  await request("POST", "api/logout", {});
}

/** The latest readings of a device, in the order in which they were taken. @throws ApiError */
export async function getRecent(id: string): Promise<Point[]> {
  const response = await request("GET", `api/recent?device=${encodeURIComponent(id)}`);
  return ((await response.json()) as { points: Point[] }).points;
}

/** What a device did from `from` to `to`, in ms since 1970, in at most `points` buckets. @throws ApiError */
export async function getHistory(id: string, from: number, to: number, points: number): Promise<HistoryAnswer> {
  const query = `${historyQuery(id, from, to)}&points=${points}`;
  return (await (await request("GET", `api/history?${query}`)).json()) as HistoryAnswer;
}

/** Where every reading of a stretch of time is to be had as CSV. */
export function csvPath(id: string, from: number, to: number): string {
  return `api/history.csv?${historyQuery(id, from, to)}`;
}

function historyQuery(id: string, from: number, to: number): string {
  return `device=${encodeURIComponent(id)}&from=${Math.floor(from)}&to=${Math.ceil(to)}`;
}

/** The simulated boards of a server that has a simulator. @throws ApiError */
export async function getBoards(): Promise<Board[]> {
  return (await (await request("GET", "api/simulator/boards")).json()) as Board[];
}

/** Who switches the lamp, and for how long, in ms; gives the device as it is then. @throws ApiError */
export async function putMode(id: string, mode: Mode, duration?: number): Promise<Device> {
  const body = { mode, for: duration };
  return (await (await request("PUT", `api/devices/${encodeURIComponent(id)}/mode`, body)).json()) as Device;
}

/** Who switches a zone's lamps, and for how long, in ms; gives the zone as it is then. @throws ApiError */
export async function putZoneMode(name: string, mode: Mode, duration?: number): Promise<Zone> {
  const body = { mode, for: duration };
  return (await (await request("PUT", `api/zones/${encodeURIComponent(name)}/mode`, body)).json()) as Zone;
}

/** Asks a board to do something, and waits until it did, or some seconds. @throws ApiError, also when it did not reply */
export async function postAction(id: string, action: Action): Promise<Outcome> {
  const path = `api/devices/${encodeURIComponent(id)}/actions`;
  return (await (await request("POST", path, { action })).json()) as Outcome;
}

/** Forgets a device and its history. @throws ApiError */
export async function deleteDevice(id: string): Promise<void> {
  await request("DELETE", `api/devices/${encodeURIComponent(id)}`);
}

/** Holds the light on a simulated board's sensor, 0 to 1023; null lets it go its own way. @throws ApiError */
export async function putLight(id: string, light: number | null): Promise<void> {
  await request("PUT", `api/simulator/boards/${encodeURIComponent(id)}/light`, { light });
}

/** Cuts or heals a simulated board's network. @throws ApiError */
export async function putNetwork(id: string, state: Board["network"]): Promise<void> {
  await request("PUT", `api/simulator/boards/${encodeURIComponent(id)}/network`, { state });
}

async function request(method: string, path: string, body?: object): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  } catch {
    throw new ApiError("The server cannot be reached; is it still running?", 0);
  }
  setClock(response.headers.get("date"));
  if (response.ok) return response;
  if (response.status === 401) unauthorized();
  const { error } = (await response.json().catch(() => ({}))) as { error?: unknown };
  const reason = typeof error === "string" ? error : `The server answered ${response.status}.`;
  throw new ApiError(reason, response.status);
}
