import type { FastifyInstance } from "fastify";
import type { ServerResponse } from "node:http";
import { toDeviceView } from "../devices/describe-device.js";
import type { Device, Devices } from "../devices/devices.js";
import { clock } from "../time/monotonic-clock.js";
import type { ZoneDirectory } from "../decisions/zones/directory.js";
import type { AlertSource } from "./alerts.js";
import {
  TOTAL_STREAMS_FACTOR,
  clientOf,
  EVENTS_PATH,
  createTooManyRequestsError,
  type RefusalHandler,
} from "./client-limits.js";

/**
 * Maximum number of unsent bytes of one stream, without the initial state. The server closes a stream that exceeds it.
 */
const MAX_UNSENT_BYTES = 1_000_000;

/** Interval between the comments that keep an idle stream alive, in ms. */
const HEARTBEAT_INTERVAL = 15_000;

/** Interval at which a server with open event streams announces them to the other servers of a cluster, in ms. */
const ANNOUNCE_INTERVAL = 1000;

/** Headers of an event stream, which keep proxies from caching, compressing or buffering the stream. */
const EVENT_STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/** Minimum time between two updates about changed devices, in ms (throttle). */
const UPDATE_INTERVAL = 50;

/**
 * Sends live events to the followers of `/api/events` (server-sent events). Each stream begins with the full state, so
 * that reconnecting clients miss nothing and events need no ids. Updates are throttled: when a device changes several
 * times within 50 ms, followers receive only its newest state.
 */
export class Events {
  #remote: RemoteEvents | undefined;
  /** Open streams, the oldest first. */
  readonly #followers = new Map<ServerResponse, Follower>();
  /** Devices that changed since the last update. */
  readonly #changed = new Set<Device>();
  /** Time of the last update, by `performance.now()`. */
  #updatedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Number of open streams. */
  get size(): number {
    return this.#followers.size;
  }

  /** Sends an event to all followers, after the pending device updates. Does nothing without followers. */
  publish(name: string, data: unknown): void {
    if (this.#hasFollowers) this.#update(formatEvent(name, data));
  }

  /** Exchanges events with the other servers of a cluster. */
  connect(remote: RemoteEvents): void {
    this.#remote = remote;
  }

  /** Sends events of another server to the followers of this one. */
  relay(text: string): void {
    this.#write(text);
  }

  get #hasFollowers(): boolean {
    return this.#followers.size > 0 || this.#remote?.hasFollowers() === true;
  }

  /** Schedules an update about a device that changed or sent a reading. */
  scheduleDeviceEvent(device: Device): void {
    if (!this.#hasFollowers) return;
    this.#changed.add(device);
    this.#timer ??= this.#schedule();
  }

  /**
   * Adds `GET /api/events`, which sends all devices, zones and alerts first, then each change.
   * @param limit maximum number of streams of one client
   * @param onRefused called when a client exceeds a limit
   */
  addRoute(
    app: FastifyInstance,
    { devices, zones, alerts }: StreamedState,
    limit: number,
    onRefused: RefusalHandler,
  ): void {
    const heartbeat = setInterval(() => this.#write(":\n\n"), HEARTBEAT_INTERVAL);
    const announcements = setInterval(() => {
      if (this.#followers.size > 0) this.#remote?.announceFollowers();
    }, ANNOUNCE_INTERVAL);
    // After a clock jump, the times on open pages are wrong: disconnect clients, which reconnect and get corrected
    // times.
    const stopWatching = clock.onJump(() => {
      for (const follower of this.#followers.keys()) follower.end();
    });
    app.addHook("preClose", async () => {
      stopWatching();
      clearInterval(heartbeat);
      clearInterval(announcements);
      clearTimeout(this.#timer);
      for (const follower of this.#followers.keys()) follower.destroy();
    });
    app.get(EVENTS_PATH, { exposeHeadRoute: false }, (request, reply) => {
      const client = clientOf(request) ?? request.ip;
      const problem = this.#makeRoom(client, limit);
      if (problem) {
        onRefused(client, problem);
        throw createTooManyRequestsError(reply, problem);
      }
      const response = reply.hijack().raw;
      response.on("close", () => this.#followers.delete(response));
      response.on("error", () => this.#followers.delete(response));
      // Copy the headers of the reply, such as the security headers, because reply.hijack() skips them.
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) response.setHeader(name, value);
      response.writeHead(200, EVENT_STREAM_HEADERS);
      response.write(
        "retry: 1000\n\n" +
          formatEvent("devices", devices.list()) +
          formatEvent("zones", zones.list()) +
          formatEvent("alerts", alerts.list()),
      );
      this.#followers.set(response, { client, maxBacklog: response.writableLength + MAX_UNSENT_BYTES });
      this.#remote?.announceFollowers();
      this.#remote?.snapshot().then(
        (events) => {
          for (const [name, data] of events) if (this.#followers.has(response)) response.write(formatEvent(name, data));
        },
        // Without a snapshot of the other servers, disconnect: the client reconnects and receives the full state.
        () => response.destroy(),
      );
      return reply;
    });
  }

  /**
   * Makes room for another stream of a client. When all streams are in use, the client with the most streams loses its
   * newest one, so that a few accounts cannot lock out the others.
   * @returns why there is no room for the stream; "" when there is
   */
  #makeRoom(client: string, limit: number): string {
    const byClient = new Map<string, ServerResponse[]>();
    for (const [response, { client }] of this.#followers) {
      const streams = byClient.get(client);
      if (streams) streams.push(response);
      else byClient.set(client, [response]);
    }
    const own = byClient.get(client)?.length ?? 0;
    if (own >= limit)
      return `${limit} streams of live events are already open for ${client}, the limit for one client; close a page or program that you do not need.`;
    if (this.#followers.size < limit * TOTAL_STREAMS_FACTOR) return "";
    const most = [...byClient.values()].reduce((a, b) => (b.length > a.length ? b : a));
    if (most.length <= own + 1)
      return `${this.#followers.size} streams of live events are already open, the limit for all clients; close a page or program that you do not need.`;
    const newest = most.at(-1)!;
    this.#followers.delete(newest);
    newest.destroy();
    return "";
  }

  /** Schedules the next update. A timer may fire up to 1 ms early; the callback then schedules another one. */
  #schedule(): NodeJS.Timeout {
    const remainingWait = (): number => this.#updatedAt + UPDATE_INTERVAL - performance.now();
    return setTimeout(
      () => {
        if (remainingWait() > 0) this.#timer = this.#schedule();
        else this.#update("");
      },
      Math.max(0, Math.ceil(remainingWait())),
    );
  }

  /**
   * Sends the changed devices and then `text` in one write, to local streams and to other servers with open streams.
   */
  #update(text: string): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#updatedAt = performance.now();
    let events = "";
    for (const device of this.#changed) events += formatEvent("device", toDeviceView(device));
    this.#changed.clear();
    events += text;
    if (!events) return;
    if (this.#remote?.hasFollowers()) this.#remote.send(events);
    this.#write(events);
  }

  #write(events: string): void {
    for (const [response, follower] of this.#followers) {
      const backlog = response.writableLength;
      if (backlog === 0) follower.maxBacklog = MAX_UNSENT_BYTES;
      // Disconnect a slow reader to bound memory; after a reconnect it receives the full state.
      if (backlog > follower.maxBacklog) response.destroy();
      else response.write(events);
    }
  }
}

/** The state with which each stream begins. */
export interface StreamedState {
  readonly devices: Devices;
  readonly zones: Pick<ZoneDirectory, "list">;
  readonly alerts: Pick<AlertSource, "list">;
}

/** An open event stream: its client, and how much unread data the server tolerates. */
interface Follower {
  /** The account or network address whose number of streams is limited. */
  readonly client: string;
  /** Maximum number of unread bytes before the server closes the stream. */
  maxBacklog: number;
}

/** The live events of the other servers in a cluster. */
export interface RemoteEvents {
  /** Whether another server has followers. */
  hasFollowers(): boolean;
  /** Sends events to the other servers that have followers. */
  send(events: string): void;
  /** Announces that this server has followers. The announcement expires, so callers repeat it. */
  announceFollowers(): void;
  /** Resolves to the full state of all servers, as events for a new follower. */
  snapshot(): Promise<readonly (readonly [name: string, data: unknown])[]>;
}

/** Formats an event as text for the event stream (server-sent events). */
function formatEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
