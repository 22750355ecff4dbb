/** The bus of DeviceScript's tools, `devs devtools`, which VS Code's extension starts: joined over TCP, anew whenever they are. */
import { EventEmitter } from "node:events";
import { connect, type Socket } from "node:net";

/** Fixed in DeviceScript (cli/src/devtools.ts). */
const PORT = 8082;
/** How long to wait before the tools are looked for again, in ms. */
const AGAIN_AFTER = 500;

export interface DevtoolsEvents {
  /** On the bus. */
  joined: [];
  /** The tools ended, or were restarted. */
  left: [];
  /** A Jacdac frame from the bus. */
  frame: [frame: Uint8Array];
}

/** Looks for the tools until it is closed. */
export class DevtoolsBus extends EventEmitter<DevtoolsEvents> {
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #joined = false;

  /** Begins to look. */
  open(): void {
    const frames = new FrameSplitter((frame) => this.emit("frame", frame));
    const socket = connect({ port: PORT, host: "127.0.0.1", noDelay: true });
    this.#socket = socket;
    socket.once("connect", () => {
      this.#joined = true;
      this.emit("joined");
    });
    socket.on("data", (data) => frames.push(data));
    // what went wrong does not matter: it is tried again
    socket.on("error", () => {});
    socket.once("close", () => {
      if (this.#joined) this.emit("left");
      this.#joined = false;
      this.#timer = setTimeout(() => this.open(), AGAIN_AFTER);
    });
  }

  /** Sends a frame; while nobody is there it is lost, as on any bus. */
  send(frame: Uint8Array): void {
    if (this.#joined) this.#socket?.write(Uint8Array.of(frame.length, ...frame));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#socket?.removeAllListeners("close").destroy();
  }
}

/** Each frame comes after a byte with its length; longer ones than that allows are not sent over TCP. */
export class FrameSplitter {
  #rest = Buffer.alloc(0);

  constructor(private readonly take: (frame: Uint8Array) => void) {}

  push(data: Uint8Array): void {
    let rest = Buffer.concat([this.#rest, data]);
    while (rest.length > rest[0]) {
      this.take(Uint8Array.from(rest.subarray(1, 1 + rest[0])));
      rest = rest.subarray(1 + rest[0]);
    }
    this.#rest = rest;
  }
}
