import type { FastifyInstance } from "fastify";
import type { ServerResponse } from "node:http";
import type { Device, Devices } from "../devices/devices.js";
import { clock } from "../time/monotonic-clock.js";
import type { ZoneDirectory } from "../decisions/zones/directory.js";
import { ALL_STREAMS, clientOf, EVENTS_PATH, tooMany, type Refused } from "./shares.js";

/** What a follower may leave unread before it is dropped, in bytes, beside what it is sent at its start. */
const MAX_BEHIND = 1_000_000;
const HEARTBEAT = 15_000;
const FOLLOWING = 1000;

/** Proxies must neither keep nor compress it, nor collect it into blocks, which nginx does unless told not to. */
const EVENT_STREAM = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/** Between two tellings of what changed, in ms at least: nobody sees more, and each costs. */
const EVERY = 50;

/**
 * The followers of `/api/events`. Each begins with all that there is, so that one who comes back has missed nothing, and
 * events need no ids. A device that changes several times within 50 ms is told of once, as it is then.
 */
export class Events {
  #shared: SharedEvents | undefined;
  /** Whose each is, and how many bytes it may leave unread. The oldest is first. */
  readonly #followers = new Map<ServerResponse, Follower>();
  /** Devices that are to be told of. */
  readonly #changed = new Set<Device>();
  #told = 0;
  #timer: NodeJS.Timeout | undefined;

  /** How many streams are open. */
  get size(): number {
    return this.#followers.size;
  }

  /** Sends an event to everybody, after what changed before it; costs nothing when nobody follows. */
  publish(name: string, data: unknown): void {
    if (this.#wanted) this.#tell(format(name, data));
  }

  /** Others follow elsewhere, and elsewhere are others to be followed. */
  share(shared: SharedEvents): void {
    this.#shared = shared;
  }

  /** Events of another server. */
  relay(text: string): void {
    this.#write(text);
  }

  get #wanted(): boolean {
    return this.#followers.size > 0 || this.#shared?.wanted() === true;
  }

  /** A device changed or reported. */
  device(device: Device): void {
    if (!this.#wanted) return;
    this.#changed.add(device);
    this.#timer ??= this.#wake();
  }

  /**
   * Adds `GET /api/events`: first all devices and zones, then each as it changes.
   * @param share how many streams one client may have
   * @param refused told when one wanted more
   */
  route(
    app: FastifyInstance,
    devices: Devices,
    zones: Pick<ZoneDirectory, "list">,
    share: number,
    refused: Refused,
  ): void {
    const heartbeat = setInterval(() => this.#write(":\n\n"), HEARTBEAT);
    const following = setInterval(() => this.#followers.size > 0 && this.#shared?.following(), FOLLOWING);
    // times that pages were told of are others now: they come back, and learn all of them anew
    const unwatch = clock.onJump(() => {
      for (const follower of this.#followers.keys()) follower.end();
    });
    app.addHook("preClose", async () => {
      unwatch();
      clearInterval(heartbeat);
      clearInterval(following);
      clearTimeout(this.#timer);
      for (const follower of this.#followers.keys()) follower.destroy();
    });
    app.get(EVENTS_PATH, { exposeHeadRoute: false }, (request, reply) => {
      const client = clientOf(request) ?? request.ip;
      const problem = this.#makeRoom(client, share);
      if (problem) {
        refused(client, problem);
        throw tooMany(reply, problem);
      }
      const response = reply.hijack().raw;
      response.on("close", () => this.#followers.delete(response));
      response.on("error", () => this.#followers.delete(response));
      // what goes with every answer goes with this one too
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) response.setHeader(name, value);
      response.writeHead(200, EVENT_STREAM);
      response.write("retry: 1000\n\n" + format("devices", devices.list()) + format("zones", zones.list()));
      this.#followers.set(response, { client, allowed: response.writableLength + MAX_BEHIND });
      this.#shared?.following();
      this.#shared?.others().then(
        (all) => {
          for (const [name, data] of all) if (this.#followers.has(response)) response.write(format(name, data));
        },
        // it begins again, and is told everything then
        () => response.destroy(),
      );
      return reply;
    });
  }

  /**
   * Makes room for another stream of a client. When all streams are taken, whoever has most of them loses the newest,
   * so that a few accounts cannot lock out the others.
   * @returns why there is no room; "" when there is
   */
  #makeRoom(client: string, share: number): string {
    const byClient = new Map<string, ServerResponse[]>();
    for (const [response, { client }] of this.#followers) {
      const streams = byClient.get(client);
      if (streams) streams.push(response);
      else byClient.set(client, [response]);
    }
    const own = byClient.get(client)?.length ?? 0;
    if (own >= share)
      return `${share} live event streams of ${client} are open already, the most that one may have; close a page or a program that is not needed.`;
    if (this.#followers.size < share * ALL_STREAMS) return "";
    const most = [...byClient.values()].reduce((a, b) => (b.length > a.length ? b : a));
    if (most.length <= own + 1)
      return `${this.#followers.size} live event streams are open already; close a page or a program that is not needed.`;
    const newest = most.at(-1)!;
    this.#followers.delete(newest);
    newest.destroy();
    return "";
  }

  /** Tells what changed as soon as it may be told. A timer counts whole milliseconds and may come early: then once more. */
  #wake(): NodeJS.Timeout {
    const wait = (): number => this.#told + EVERY - performance.now();
    return setTimeout(
      () => {
        if (wait() > 0) this.#timer = this.#wake();
        else this.#tell("");
      },
      Math.max(0, Math.ceil(wait())),
    );
  }

  /** Sends what changed, and `text`, in one piece. */
  #tell(text: string): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#told = performance.now();
    let piece = "";
    for (const device of this.#changed) piece += format("device", device.view());
    this.#changed.clear();
    piece += text;
    if (!piece) return;
    if (this.#shared?.wanted()) this.#shared.send(piece);
    this.#write(piece);
  }

  #write(piece: string): void {
    for (const [response, follower] of this.#followers) {
      const behind = response.writableLength;
      if (behind === 0) follower.allowed = MAX_BEHIND;
      // one that does not read gets a fresh start when it comes back, and costs no more memory until then
      if (behind > follower.allowed) response.destroy();
      else response.write(piece);
    }
  }
}

interface Follower {
  readonly client: string;
  allowed: number;
}

/** Events where several servers have followers. */
export interface SharedEvents {
  /** Whether somebody follows elsewhere. */
  wanted(): boolean;
  send(events: string): void;
  /** Somebody follows here; said again and again. */
  following(): void;
  /** What a follower begins with: all that there is, of all servers. */
  others(): Promise<readonly (readonly [name: string, data: unknown])[]>;
}

function format(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
