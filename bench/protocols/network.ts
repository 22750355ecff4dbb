/** Runs the firmware's MQTT client over Node sockets. */
import type net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Link, Network, Signal } from "../../packages/devicescript-mqtt/src/network.js";

class EventSignal implements Signal {
  #isSet = false;
  #resolveWait: (() => void) | undefined;

  notify(): void {
    this.#isSet = true;
    this.#resolveWait?.();
  }

  async notified(timeout: number): Promise<void> {
    const over = new AbortController();
    if (!this.#isSet) {
      const raised = new Promise<void>((resolve) => (this.#resolveWait = resolve));
      await Promise.race([raised, sleep(timeout, undefined, { signal: over.signal }).catch(() => {})]);
    }
    over.abort();
    this.#isSet = false;
  }
}

function createLink(socket: net.Socket): Link {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return {
    async recv() {
      const { done, value } = await chunks.next().catch(() => ({ done: true as const, value: undefined }));
      return done ? null : value;
    },
    write: (packet) => {
      // copies the packet, because the session keeps the original for a resend
      socket.write(Buffer.from(packet));
      return true;
    },
    close: () => void socket.destroy(),
  };
}

/** Returns the network interface of the firmware's MQTT client. @param open opens a connection */
export function createNetwork(open: () => Promise<net.Socket>): Network {
  return {
    connect: async () => createLink(await open()),
    millis: () => Math.floor(performance.now()),
    sleep: (ms) => sleep(ms),
    start: (task, owner) => void task(owner),
    signal: () => new EventSignal(),
  };
}
