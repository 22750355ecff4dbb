/** Gives a page a fake `navigator.serial` with one port, which leads to a simulated board of the test. */
import type { Page } from "playwright-core";
import type { TestBoard } from "./board.js";
import { BoardDevice } from "./board-device.js";

/** What the page reads from its port: bytes in base64, or the end of the connection. */
type Input = string | "lost";

/** The serial port of the computer on which the browser runs. */
export class FakeSerial {
  /** Whether the person closes the list of ports without a choice. */
  refusesChoice = false;
  readonly #device: BoardDevice;
  #received: Uint8Array[] = [];
  #isLost = false;
  #openings = 0;
  #reading: ((input: Input) => void) | undefined;
  #signals = { dataTerminalReady: false, requestToSend: false, break: false };

  constructor(private readonly board: TestBoard) {
    this.#device = new BoardDevice(board);
  }

  /** Installs `navigator.serial` in a page before it loads. */
  async install(page: Page): Promise<void> {
    await page.exposeFunction("fakeSerialChoose", () => !this.refusesChoice);
    await page.exposeFunction("fakeSerialOpen", (baud: number) => this.#openPort(baud));
    await page.exposeFunction("fakeSerialWrite", (data: string) => this.#device.write(Buffer.from(data, "base64")));
    await page.exposeFunction("fakeSerialRead", (opening: number) => this.#read(opening));
    await page.exposeFunction("fakeSerialSignals", (signals: SerialOutputSignals) => this.#setSignals(signals));
    await page.exposeFunction("fakeSerialClose", () => this.#close());
    await page.addInitScript(installFakeSerial, this.board.chip.info);
  }

  async #openPort(baud: number): Promise<number> {
    const opening = ++this.#openings;
    this.#received = [];
    this.#isLost = false;
    await this.#device.open(baud, {
      data: (chunk) => {
        this.#received.push(chunk);
        setImmediate(() => this.#deliver());
      },
      disconnected: () => {
        if (opening !== this.#openings) return;
        this.#isLost = true;
        this.#deliver();
      },
    });
    return opening;
  }

  async #setSignals(signals: SerialOutputSignals): Promise<void> {
    const given = Object.entries(signals).filter(([, state]) => state !== undefined);
    this.#signals = { ...this.#signals, ...Object.fromEntries(given) };
    await this.#device.setSignals(this.#signals);
  }

  /** @param opening which opening of the port the page reads; an earlier one is lost */
  #read(opening: number): Promise<Input> {
    if (opening !== this.#openings) return Promise.resolve("lost");
    return new Promise((resolve) => {
      this.#reading = resolve;
      this.#deliver();
    });
  }

  #deliver(): void {
    const reading = this.#reading;
    if (!reading || (this.#received.length === 0 && !this.#isLost)) return;
    this.#reading = undefined;
    const bytes = Buffer.concat(this.#received.splice(0));
    reading(bytes.length > 0 ? bytes.toString("base64") : "lost");
  }

  async #close(): Promise<void> {
    await this.#device.close();
    // ends a read that is waiting
    this.#isLost = true;
    this.#deliver();
  }
}

/** Runs in the page. */
function installFakeSerial(info: SerialPortInfo): void {
  interface Bridge {
    fakeSerialChoose(): Promise<boolean>;
    fakeSerialOpen(baud: number): Promise<number>;
    fakeSerialWrite(data: string): Promise<void>;
    fakeSerialRead(opening: number): Promise<Input>;
    fakeSerialSignals(signals: SerialOutputSignals): Promise<void>;
    fakeSerialClose(): Promise<void>;
  }
  const bridge = globalThis as typeof globalThis & Bridge;
  const encode = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
  const decode = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  /** Behaves like a port of Chromium: it cannot be closed while its streams are locked, nor change its baud rate. */
  class FakePort extends EventTarget {
    connected = true;
    readable: ReadableStream<Uint8Array> | null = null;
    writable: WritableStream<Uint8Array> | null = null;

    getInfo() {
      return info;
    }

    async open({ baudRate }: { baudRate: number }) {
      if (this.readable) throw new DOMException("The port is already open.", "InvalidStateError");
      const opening = await bridge.fakeSerialOpen(baudRate);
      this.connected = true;
      let input: ReadableStreamDefaultController<Uint8Array> | undefined;
      const readable = new ReadableStream<Uint8Array>({
        start: (controller) => void (input = controller),
        cancel: () => void (input = undefined),
      });
      this.readable = readable;
      let accepted: number[] = [];
      this.writable = new WritableStream({
        // like the system, accepts data before the board has received it; calls the test once for several chunks
        write(bytes) {
          if (accepted.length === 0)
            setTimeout(() => {
              void bridge.fakeSerialWrite(encode(Uint8Array.from(accepted)));
              accepted = [];
            });
          accepted.push(...bytes);
        },
      });
      void (async () => {
        for (;;) {
          const data = await bridge.fakeSerialRead(opening);
          if (this.readable !== readable) return;
          if (data === "lost") return this.#lose(input);
          input?.enqueue(decode(data));
        }
      })();
    }

    #lose(input: ReadableStreamDefaultController<Uint8Array> | undefined) {
      this.connected = false;
      this.readable = this.writable = null;
      input?.error(new DOMException("The device has been lost.", "NetworkError"));
      this.dispatchEvent(new Event("disconnect"));
      // the person plugs it in again
      setTimeout(() => (this.connected = true), 300);
    }

    async setSignals(signals: SerialOutputSignals) {
      if (!this.readable) throw new DOMException("The port is closed.", "InvalidStateError");
      await bridge.fakeSerialSignals(signals);
    }

    async close() {
      if (!this.readable) throw new DOMException("The port is already closed.", "InvalidStateError");
      if (this.readable.locked || this.writable?.locked) throw new TypeError("Cannot close a locked stream");
      this.readable = this.writable = null;
      await bridge.fakeSerialClose();
    }
  }

  const port = new FakePort();
  let isGranted = false;
  const serial = Object.assign(new EventTarget(), {
    getPorts: () => Promise.resolve(isGranted ? [port] : []),
    async requestPort() {
      if (!(await bridge.fakeSerialChoose())) throw new DOMException("No port selected by the user.", "NotFoundError");
      isGranted = true;
      return port;
    },
  });
  // the types of the tests are those of Node, which has no serial ports
  Object.defineProperty((globalThis as { navigator?: object }).navigator, "serial", { value: serial });
}
