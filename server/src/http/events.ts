import type { FastifyInstance } from "fastify";
import type { ServerResponse } from "node:http";
import type { Device, Devices } from "../devices.js";
import type { ZoneDirectory } from "../zones/directory.js";

/** What a follower may leave unread before it is dropped, in bytes, beside what it is sent at its start. */
const MAX_BEHIND = 1_000_000;
const MAX_FOLLOWERS = 200;
const HEARTBEAT = 15_000;
const FOLLOWING = 1000;

/** Between two tellings of what changed, in ms at least: nobody sees more, and each costs. */
const EVERY = 50;

/**
 * The followers of `/api/events`. Each begins with all that there is, so that one who comes back has missed nothing, and
 * events need no ids. A device that changes several times within 50 ms is told of once, as it is then.
 */
export class Events {
  #shared: SharedEvents | undefined;
  /** And how many bytes each may leave unread. */
  readonly #followers = new Map<ServerResponse, number>();
  /** Devices that are to be told of. */
  readonly #changed = new Set<Device>();
  #told = 0;
  #timer: NodeJS.Timeout | undefined;

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

  /** Adds `GET /api/events`: first all devices and zones, then each as it changes. */
  route(app: FastifyInstance, devices: Devices, zones: Pick<ZoneDirectory, "list">): void {
    const heartbeat = setInterval(() => this.#write(":\n\n"), HEARTBEAT);
    const following = setInterval(() => this.#followers.size > 0 && this.#shared?.following(), FOLLOWING);
    app.addHook("preClose", async () => {
      clearInterval(heartbeat);
      clearInterval(following);
      clearTimeout(this.#timer);
      for (const follower of this.#followers.keys()) follower.destroy();
    });
    app.get("/api/events", { exposeHeadRoute: false }, (_request, reply) => {
      if (this.#followers.size >= MAX_FOLLOWERS)
        return reply
          .code(503)
          .send({ error: `There are ${MAX_FOLLOWERS} followers already; close a page that is not needed.` });
      const response = reply.hijack().raw;
      response.on("close", () => this.#followers.delete(response));
      response.on("error", () => this.#followers.delete(response));
      // what goes with every answer goes with this one too
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) response.setHeader(name, value);
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write("retry: 1000\n\n" + format("devices", devices.list()) + format("zones", zones.list()));
      this.#followers.set(response, response.writableLength + MAX_BEHIND);
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
    for (const [follower, allowed] of this.#followers) {
      const behind = follower.writableLength;
      if (behind === 0) this.#followers.set(follower, MAX_BEHIND);
      // one that does not read gets a fresh start when it comes back, and costs no more memory until then
      if (behind > allowed) follower.destroy();
      else follower.write(piece);
    }
  }
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
