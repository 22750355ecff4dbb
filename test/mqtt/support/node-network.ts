/** The client's network over Node's sockets, so that the source that boards run is tested here. */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Link, Network, Signal } from "../../../src/mqtt/network.js";

export interface NodeNetworkOptions {
  port: number;
  /** Cuts what is received into pieces of so many bytes. */
  pieces?: number;
  /** Says that the network has no room for a packet now. */
  full?: () => boolean;
  /** How far the clock is ahead, in ms. */
  ahead?: () => number;
}

class NodeSignal implements Signal {
  #raised = false;
  #resolve: (() => void) | undefined;

  notify(): void {
    this.#raised = true;
    this.#resolve?.();
  }

  async wait(timeout: number): Promise<void> {
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
      // as TCP does: what is not read is not sent
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
      await this.#signal.wait(60_000);
    }
  }

  write(packet: Buffer): boolean {
    if (this.full()) return false;
    // a copy: the session keeps the packet, and sets DUP in it
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

/** A network whose broker listens on a port of 127.0.0.1. */
export function nodeNetwork({
  port,
  pieces = Infinity,
  full = () => false,
  ahead = () => 0,
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
      return new NodeLink(socket, pieces, full);
    },
    millis: () => Math.floor(performance.now()) + ahead(),
    sleep: (ms) => sleep(ms),
    start(task, owner) {
      // a task that throws fails the test run, as an unhandled rejection
      void task(owner);
    },
    signal: () => new NodeSignal(),
  };
}
