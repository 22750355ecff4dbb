import type { FastifyInstance } from "fastify";
import type { ServerResponse } from "node:http";
import type { Device, Devices } from "../devices.js";

/** What a follower may leave unread before it is dropped, in bytes. */
const MAX_BEHIND = 1_000_000;
const MAX_FOLLOWERS = 200;
const HEARTBEAT = 15_000;

/** The followers of `/api/events`. */
export class Events {
  readonly #followers = new Set<ServerResponse>();

  /** Sends an event to everybody; costs nothing when nobody follows. */
  publish(name: string, data: unknown): void {
    if (this.#followers.size > 0) this.#write(format(name, data));
  }

  device(device: Device): void {
    if (this.#followers.size > 0) this.#write(format("device", device.view()));
  }

  /** Adds `GET /api/events`: first all devices, then each as it changes. */
  route(app: FastifyInstance, devices: Devices): void {
    const heartbeat = setInterval(() => this.#write(":\n\n"), HEARTBEAT);
    app.addHook("preClose", async () => {
      clearInterval(heartbeat);
      for (const follower of this.#followers) follower.destroy();
    });
    app.get("/api/events", (_request, reply) => {
      if (this.#followers.size >= MAX_FOLLOWERS)
        return reply
          .code(503)
          .send({ error: `There are ${MAX_FOLLOWERS} followers already; close a page that is not needed.` });
      const response = reply.hijack().raw;
      response.on("close", () => this.#followers.delete(response));
      response.on("error", () => this.#followers.delete(response));
      response.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      });
      response.write("retry: 1000\n\n" + format("devices", devices.list()));
      this.#followers.add(response);
      return reply;
    });
  }

  #write(text: string): void {
    for (const follower of this.#followers) {
      // one that does not read gets a fresh start when it comes back, and costs no more memory until then
      if (follower.writableLength > MAX_BEHIND) follower.destroy();
      else follower.write(text);
    }
  }
}

function format(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
