/** Network interface of the MQTT client for Node, so that tests can run the boards' client source. */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Link, Network, Signal } from "../../../packages/devicescript-mqtt/src/network.js";

export interface NodeNetworkOptions {
  port: number;
  /** Splits received data into chunks of this many bytes. */
  chunkSize?: number;
  /** Returns whether the send queue is full. */
  isSendQueueFull?: () => boolean;
  /** Returns how far the client's clock is ahead of the real time, in ms. */
  clockOffset?: () => number;
}

class NodeSignal implements Signal {
  #raised = false;
  #resolve: (() => void) | undefined;

  notify(): void {
    this.#raised = true;
    this.#resolve?.();
  }

  async notified(timeout: number): Promise<void> {
    if (!this.#raised) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeout);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#resolve = undefined;
    }
    this.#raised = false;
  }
}

class NodeLink implements Link {
  #chunks: Buffer[] = [];
  #over = false;
  #failure: Error | undefined;
  readonly #signal = new NodeSignal();

  constructor(
    private readonly socket: net.Socket,
    private readonly pieces: number,
    private readonly full: () => boolean,
  ) {
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      for (let i = 0; i < chunk.length; i += this.pieces) this.#chunks.push(chunk.subarray(i, i + this.pieces));
      // TCP flow control: stop receiving while data is unread.
      if (this.#chunks.length > 1000) socket.pause();
      this.#signal.notify();
    });
    socket.on("error", (error) => (this.#failure = error));
    socket.on("close", () => {
      this.#over = true;
      this.#signal.notify();
    });
  }

  async recv(): Promise<Buffer | null> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) return chunk;
      if (this.#failure) throw this.#failure;
      if (this.#over) return null;
      this.socket.resume();
      await this.#signal.notified(60_000);
    }
  }

  write(packet: Buffer): boolean {
    if (this.full()) return false;
    // Copy the packet, because the session keeps it and later sets DUP.
    if (!this.#over && this.socket.writable) this.socket.write(Buffer.from(packet));
    return true;
  }

  close(): void {
    this.#over = true;
    this.#chunks = [];
    this.socket.destroy();
    this.#signal.notify();
  }
}

/** Creates a network for a broker on a port of 127.0.0.1. */
export function createNodeNetwork({
  port,
  chunkSize = Infinity,
  isSendQueueFull = () => false,
  clockOffset = () => 0,
}: NodeNetworkOptions): Network {
  return {
    async connect(timeout) {
      const socket = net.connect(port, "127.0.0.1");
      const expired = setTimeout(() => socket.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
      try {
        await once(socket, "connect");
      } finally {
        clearTimeout(expired);
      }
      return new NodeLink(socket, chunkSize, isSendQueueFull);
    },
    millis: () => Math.floor(performance.now()) + clockOffset(),
    sleep: (ms) => sleep(ms),
    start(task, owner) {
      // A task that throws causes an unhandled rejection, which fails the test run.
      void task(owner);
    },
    signal: () => new NodeSignal(),
  };
}
