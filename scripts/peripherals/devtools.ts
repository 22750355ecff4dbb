/** A TCP connection to the Jacdac bus of DeviceScript's tools (`devs devtools`, started by VS Code), with reconnecting. */
import { EventEmitter } from "node:events";
import { connect, type Socket } from "node:net";

/** The TCP port of the bus, fixed in DeviceScript (cli/src/devtools.ts). */
const BUS_PORT = 8082;
/** Time in ms between attempts to connect. */
const RETRY_DELAY = 500;

export interface DevtoolsEvents {
  /** The connection to the bus is open. */
  connected: [];
  /** The connection is lost: the tools ended or were restarted. */
  disconnected: [];
  /** A Jacdac frame from the bus. */
  frame: [frame: Uint8Array];
}

/** Connects to the tools, and reconnects until closed. */
export class DevtoolsBus extends EventEmitter<DevtoolsEvents> {
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #connected = false;

  /** Starts to connect, and retries until the tools accept the connection. */
  open(): void {
    const frames = new FrameSplitter((frame) => this.emit("frame", frame));
    const socket = connect({ port: BUS_PORT, host: "127.0.0.1", noDelay: true });
    this.#socket = socket;
    socket.once("connect", () => {
      this.#connected = true;
      this.emit("connected");
    });
    socket.on("data", (data) => frames.push(data));
    // ignores the error: the event "close" follows, and its listener connects again
    socket.on("error", () => {});
    socket.once("close", () => {
      if (this.#connected) this.emit("disconnected");
      this.#connected = false;
      this.#timer = setTimeout(() => this.open(), RETRY_DELAY);
    });
  }

  /** Sends a frame. Frames without a connection are dropped, as on any Jacdac bus. */
  send(frame: Uint8Array): void {
    if (this.#connected) this.#socket?.write(Uint8Array.of(frame.length, ...frame));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket?.removeAllListeners("close").destroy();
  }
}

/** Splits the TCP stream into frames: each frame follows a byte with its length. */
export class FrameSplitter {
  #incomplete = Buffer.alloc(0);

  constructor(private readonly onFrame: (frame: Uint8Array) => void) {}

  push(data: Uint8Array): void {
    let incomplete = Buffer.concat([this.#incomplete, data]);
    while (incomplete.length > incomplete[0]) {
      this.onFrame(Uint8Array.from(incomplete.subarray(1, 1 + incomplete[0])));
      incomplete = incomplete.subarray(1 + incomplete[0]);
    }
    this.#incomplete = incomplete;
  }
}
