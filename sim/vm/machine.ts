/**
 * One DeviceScript virtual machine, with its own loop in place of the bundle's.
 *
 * - Nothing re-enters the C code: frames, socket events and calls wait in a queue until it has returned.
 * - Whatever it throws ends the machine, and is told once.
 * - Its clock never leaps by more than `MAX_STEP`, so that a stalled host does not make it forget its peripherals.
 */
import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import { BoardClock } from "./clock.js";
import { heapIn, type Heap } from "./heap.js";

/** The part of the Emscripten module that is used here. */
interface Module {
  HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(pointer: number): void;
  _jd_em_set_device_id_string(text: number): void;
  _jd_em_init(): void;
  /** Returns how long it may sleep, in µs. */
  _jd_em_process(): number;
  _jd_em_frame_received(frame: number): number;
  _jd_em_devs_verify(image: number, size: number): number;
  _jd_em_tcpsock_on_event(event: number, data: number, size: number): void;
  dmesg(line: string): void;
  sendPacket(frame: Uint8Array): void;
  panicHandler(code: number): void;
  flashLoad(): Uint8Array;
  flashSave(data: Uint8Array): void;
  sockIsAvailable(): boolean;
  /** A negative port asks for TLS. */
  sockOpen(host: number, port: number): number;
  sockWrite(data: number, size: number): number;
  sockClose(): number;
}

/** The events of a socket, by the numbers of the C code. */
export const SocketEvent = { open: 1, close: 2, error: 3, message: 4 } as const;

/** The one socket that a board has. Results other than 0 are errors, as the C code has them. */
export interface BoardSocket {
  open(host: string, port: number, tls: boolean): number;
  write(data: Uint8Array): number;
  close(): number;
  /** Whether a connection is being opened: nothing has come from the other side yet. */
  readonly opening?: boolean;
}

/** What the machine tells. None of it is called while C code runs, but for `socket`. */
export interface MachineHooks {
  log(line: string): void;
  frame(frame: Uint8Array): void;
  flash(data: Uint8Array): void;
  /** The program stopped; 0 when it asked for a restart. */
  panic(code: number): void;
  end(how: "reset" | "crash", reason: string): void;
  /** The clock was held back: time to say that one is still there. */
  late(): void;
  socket: BoardSocket;
}

/** The longest leap of the board's clock, in ms: a peripheral that says nothing for 2,000 ms is forgotten. */
const MAX_STEP = 400;

/** The longest sleep that the C code asks for, in µs: within that, no timer of the program is due. */
const NOTHING_DUE = 10_000;

/** How long an idle machine sleeps, in µs. Waking up is most of its work; a timer of the program is up to 10 ms late. */
const IDLE_SLEEP = 20_000;

type Factory = (module: object) => Promise<Module>;

export class Machine {
  readonly #module: Module;
  readonly #hooks: MachineHooks;
  readonly #clock: BoardClock;
  readonly #speed: number;
  #queue: (() => void)[] = [];
  #told: (() => void)[] = [];
  #inside = false;
  #stepping = false;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(module: Module, clock: BoardClock, hooks: MachineHooks, speed: number) {
    this.#module = module;
    this.#clock = clock;
    this.#speed = speed;
    this.#hooks = hooks;
  }

  /** Loads the machine and powers it up, with `flash` as it was; its time goes `speed` times as fast as ours, but while it opens a connection. */
  static async boot(source: string, deviceId: string, flash: Uint8Array | undefined, hooks: MachineHooks, speed = 1) {
    const clock = new BoardClock(MAX_STEP);
    const module = await load(source, clock, hooks.log);
    const machine = new Machine(module, clock, hooks, speed);
    machine.#connect(flash);
    machine.#guard(() => {
      machine.#withBytes(new TextEncoder().encode(deviceId + "\0"), (text) => module._jd_em_set_device_id_string(text));
      module._jd_em_init();
    });
    machine.#step();
    return machine;
  }

  /** A Jacdac frame from the bus. */
  receive(frame: Uint8Array): void {
    this.#post(() => this.#withBytes(frame, (pointer) => this.#module._jd_em_frame_received(pointer)));
  }

  /** An event of the socket; resolves when the machine has processed it, or is no more. */
  raise(event: number, data?: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ended) return resolve();
      this.#post(() => {
        this.#withBytes(data, (pointer, size) => this.#module._jd_em_tcpsock_on_event(event, pointer, size));
        // the bus and the timers get their turn between two chunks
        this.#told.push(() => setImmediate(resolve));
      });
    });
  }

  /** Says why the machine cannot run an image; "" when it can. Such an image may end the machine already here. */
  verify(image: Uint8Array): string {
    try {
      const code = this.#withBytes(image, (pointer, size) => this.#module._jd_em_devs_verify(pointer, size));
      return code ? `it was refused with code ${code}` : "";
    } catch {
      this.stop();
      return "it is damaged";
    }
  }

  /** How the memory of the program is used now; undefined while there is none. */
  heap(): Heap | undefined {
    return heapIn(this.#module.HEAPU8);
  }

  /** Lets `ms` of the board's time pass at once. Sound only while no program runs. */
  skip(ms: number): void {
    this.#clock.skip(ms);
    this.#post(() => {});
  }

  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** Calls `what` as soon as no C code runs. */
  #tell(what: () => void): void {
    if (this.#inside) this.#told.push(what);
    else what();
  }

  #connect(flash: Uint8Array | undefined): void {
    const m = this.#module;
    const { socket } = this.#hooks;
    const bytes = (pointer: number, size: number) => m.HEAPU8.slice(pointer, pointer + size);
    m.dmesg = (line) => this.#tell(() => this.#hooks.log(line));
    m.sendPacket = (frame) => this.#tell(() => this.#hooks.frame(frame));
    m.panicHandler = (code) => this.#tell(() => this.#hooks.panic(code));
    m.flashSave = (data) => this.#tell(() => this.#hooks.flash(data));
    m.flashLoad = () => flash ?? new Uint8Array();
    m.sockIsAvailable = () => true;
    m.sockOpen = (host, port) => {
      const end = m.HEAPU8.indexOf(0, host);
      return socket.open(new TextDecoder().decode(m.HEAPU8.subarray(host, end)), Math.abs(port), port < 0);
    };
    m.sockWrite = (data, size) => socket.write(bytes(data, size));
    m.sockClose = () => socket.close();
  }

  #post(event: () => void): void {
    if (this.#ended) return;
    this.#queue.push(event);
    if (!this.#stepping) this.#step();
  }

  /** Processes what waits, one event at a time, then sleeps for as long as the C code allows. */
  readonly #step = (): void => {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#stepping = true;
    let sleep = 0;
    do {
      const held = this.#clock.advance();
      const event = this.#queue.shift();
      this.#guard(() => {
        event?.();
        sleep = this.#module._jd_em_process();
      });
      if (held) {
        this.#hooks.late();
        this.#queue.push(() => {});
      }
    } while (this.#queue.length > 0 && !this.#ended);
    this.#stepping = false;
    if (this.#ended) return;
    // whoever is on the network does not hurry: while it answers, neither may the board
    const speed = this.#hooks.socket.opening ? 1 : this.#speed;
    this.#clock.speed = speed;
    const rest = sleep < NOTHING_DUE ? sleep : IDLE_SLEEP;
    this.#timer = setTimeout(this.#step, rest / 1000 / speed);
  };

  /** Runs C code; what it throws ends the machine, what it said meanwhile is told afterwards. */
  #guard(run: () => void): void {
    this.#inside = true;
    let thrown: unknown;
    try {
      run();
    } catch (error) {
      this.stop();
      thrown = error ?? "nothing";
    }
    this.#inside = false;
    const told = this.#told;
    this.#told = [];
    for (const what of told) what();
    if (thrown === undefined) return;
    const { name, message } = thrown as Error;
    // target_reset() of the runtime ends in exit(0)
    if (name === "ExitStatus") this.#hooks.end("reset", "the board was reset by its program");
    else this.#hooks.end("crash", message ?? String(thrown));
  }

  #withBytes<T>(data: Uint8Array | undefined, use: (pointer: number, size: number) => T): T {
    if (!data) return use(0, 0);
    const pointer = this.#module._malloc(data.length);
    this.#module.HEAPU8.set(data, pointer);
    const result = use(pointer, data.length);
    this.#module._free(pointer);
    return result;
  }
}

/** Runs the text of the machine with a clock, a console and a `process` of its own. */
function load(source: string, clock: BoardClock, print: (line: string) => void): Promise<Module> {
  const say = (...words: unknown[]) => print(words.map(String).join(" "));
  const surroundings = {
    require: createRequire(import.meta.url),
    // the runtime's exit() sets process.exitCode, which must not be ours
    process: { versions: process.versions, release: process.release, argv: [], exitCode: 0 },
    console: { log: say, info: say, debug: say, warn: say, error: say },
    Date: { now: () => clock.now() },
    __filename: "devicescript-vm.js",
    __dirname: ".",
  };
  const wrapper = compileFunction(`return ${source}`, Object.keys(surroundings), { filename: "devicescript-vm.js" });
  const files = wrapper(...Object.values(surroundings)) as Record<string, (exports: object, module: object) => void>;
  const module = { exports: {} };
  for (const file of Object.values(files)) file(module.exports, module);
  return (module.exports as Factory)({ print, printErr: print });
}
