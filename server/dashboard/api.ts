/** The server's HTTP API, as far as the page uses it. Paths are relative, so that the page also works below a prefix. */

export type Mode = "auto" | "on" | "off";

/** What the server knows of a device. `light` (0 to 1023) and `led_on` are null until they are known. */
export interface Device {
  id: string;
  online: boolean;
  light: number | null;
  led_on: boolean | null;
  decided_by: "server" | "device";
  /** ISO 8601; null when it was not heard since the server started. */
  last_seen: string | null;
  /** Since when it is online or offline as it is, ISO 8601; null when that was before the server started. */
  since: string | null;
  /** Readings that never came. */
  missing: number;
  mode: Mode;
  board?: string;
  firmware?: string;
}

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
  time: number;
  light: number | null;
  led_on: boolean | null;
}

export interface Status {
  version: string;
  broker: { url: string; websocket?: string | null; embedded: boolean };
  /** Whether there are simulated boards. */
  simulator: boolean;
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

/** The answer, and when the server gave it by its own clock, in ms since 1970 (its `Date` header: whole seconds). */
export async function getStatus(): Promise<{ status: Status; date: number }> {
  const response = await request("GET", "api/status");
  return { status: (await response.json()) as Status, date: Date.parse(response.headers.get("date") ?? "") };
}

/** The latest readings of a device, in the order in which they were taken. @throws ApiError */
export async function getRecent(id: string): Promise<Point[]> {
  const response = await request("GET", `api/recent?device=${encodeURIComponent(id)}`);
  return ((await response.json()) as { points: Point[] }).points;
}

/** The simulated boards of a server that has a simulator. @throws ApiError */
export async function getBoards(): Promise<Board[]> {
  return (await (await request("GET", "api/simulator/boards")).json()) as Board[];
}

/** Who switches the lamp; gives the device as it is then. @throws ApiError */
export async function putMode(id: string, mode: Mode): Promise<Device> {
  const response = await request("PUT", `api/devices/${encodeURIComponent(id)}/mode`, { mode });
  return (await response.json()) as Device;
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
  if (response.ok) return response;
  const { error } = (await response.json().catch(() => ({}))) as { error?: unknown };
  const reason = typeof error === "string" ? error : `The server answered ${response.status}.`;
  throw new ApiError(reason, response.status);
}
