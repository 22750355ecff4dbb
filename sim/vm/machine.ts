/**
 * Runs one DeviceScript virtual machine with an event loop that replaces the one in DeviceScript's bundle.
 *
 * - The C code is never re-entered: frames, socket events and calls wait in a queue until the C code returns.
 * - An exception from the C code ends the machine and is reported once.
 * - The clock never jumps by more than `MAX_STEP`, so that the board keeps its peripherals after a stall of the host.
 */
import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import { BoardClock } from "./clock.js";
import { readHeap, type Heap } from "./heap.js";

/** The functions of the Emscripten module that the simulator uses. */
interface VmModule {
  HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(pointer: number): void;
  _jd_em_set_device_id_string(text: number): void;
  _jd_em_init(): void;
  /** Runs the virtual machine once. Returns the time until it must run again, in µs. */
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
  /** Opens the socket to a host and port. A negative port requests TLS. */
  sockOpen(host: number, port: number): number;
  sockWrite(data: number, size: number): number;
  sockClose(): number;
}

/** Socket events with the numbers that the C code uses. */
export const SocketEvent = { open: 1, close: 2, error: 3, message: 4 } as const;

/** The single socket of a board. Methods return 0, or an error code as in the C code. */
export interface BoardSocket {
  open(host: string, port: number, tls: boolean): number;
  write(data: Uint8Array): number;
  close(): number;
  /** True from opening a connection until the first data from the peer arrives. */
  readonly opening?: boolean;
}

/** Callbacks of the virtual machine. Only `socket` is called while C code runs; all others are called afterwards. */
export interface MachineHooks {
  log(line: string): void;
  /** @param now the board's clock, in ms */
  frame(frame: Uint8Array, now: number): void;
  flash(data: Uint8Array): void;
  /** Called when the program stops; code 0 means that the program requested a restart. */
  panic(code: number): void;
  end(how: "reset" | "crash", reason: string): void;
  /**
   * Called when the board's clock lags behind real time. Peripherals must announce themselves again, or the program
   * would lose them.
   */
  clockBehind(): void;
  socket: BoardSocket;
}

/** Largest step of the board's clock, in ms. The runtime drops a peripheral that is silent for 2,000 ms. */
const MAX_STEP = 400;

/**
 * Largest step of `skip`, in ms. The C code measures steps with a 32-bit microsecond counter, which wraps after 71
 * minutes.
 */
const MAX_SKIP = 30 * 60_000;

/**
 * The longest sleep that the C code requests, in µs. A request of this length means that no program timer is due
 * sooner.
 */
const MAX_REQUESTED_SLEEP = 10_000;

/** Sleep time of an idle machine, in µs. A long sleep saves CPU, but program timers may fire up to 10 ms late. */
const IDLE_SLEEP_TIME = 20_000;

type ModuleFactory = (module: object) => Promise<VmModule>;

export class Machine {
  readonly #module: VmModule;
  readonly #hooks: MachineHooks;
  readonly #clock: BoardClock;
  readonly #speed: number;
  #queue: (() => void)[] = [];
  #pendingHooks: (() => void)[] = [];
  #inNativeCode = false;
  #stepping = false;
  #ended = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(module: VmModule, clock: BoardClock, hooks: MachineHooks, speed: number) {
    this.#module = module;
    this.#clock = clock;
    this.#speed = speed;
    this.#hooks = hooks;
  }

  /**
   * Loads a virtual machine and powers it up.
   * @param source the text of the virtual machine, see `getVmSource`
   * @param flash the saved flash memory; undefined for empty flash
   * @param speed speed of the board's clock as a multiple of real time; 1 while the board opens a connection
   */
  static async boot(source: string, deviceId: string, flash: Uint8Array | undefined, hooks: MachineHooks, speed = 1) {
    const clock = new BoardClock(MAX_STEP);
    const module = await loadModule(source, clock, hooks.log);
    const machine = new Machine(module, clock, hooks, speed);
    machine.#bindModule(flash);
    machine.#runNative(() => {
      machine.#withBytes(new TextEncoder().encode(deviceId + "\0"), (text) => module._jd_em_set_device_id_string(text));
      module._jd_em_init();
    });
    machine.#step();
    return machine;
  }

  /** Passes a Jacdac frame from the bus to the virtual machine. */
  receive(frame: Uint8Array): void {
    this.#enqueue(() => this.#withBytes(frame, (pointer) => this.#module._jd_em_frame_received(pointer)));
  }

  /** Passes a socket event to the virtual machine. Resolves when the event is processed or the machine has ended. */
  raiseEvent(event: number, data?: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#ended) return resolve();
      this.#enqueue(() => {
        this.#withBytes(data, (pointer, size) => this.#module._jd_em_tcpsock_on_event(event, pointer, size));
        // let bus frames and timers run between two chunks of data
        this.#pendingHooks.push(() => setImmediate(resolve));
      });
    });
  }

  /** Returns why the machine cannot run a bytecode image, or "" when it can. A damaged image stops the machine. */
  verifyImage(image: Uint8Array): string {
    try {
      const code = this.#withBytes(image, (pointer, size) => this.#module._jd_em_devs_verify(pointer, size));
      return code ? `it was refused with code ${code}` : "";
    } catch {
      this.stop();
      return "it is damaged";
    }
  }

  /** Returns the current heap usage of the program, or undefined when no program has a heap. */
  readHeap(): Heap | undefined {
    return readHeap(this.#module.HEAPU8);
  }

  /** Moves the board's clock forward by `ms` at once. Call this only while no program runs. */
  skip(ms: number): void {
    for (let left = ms; left > 0; left -= MAX_SKIP) {
      this.#clock.skip(Math.min(left, MAX_SKIP));
      this.#enqueue(() => {});
    }
  }

  /** Stops the machine for good and drops all queued events. */
  stop(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** Calls a hook: immediately if no C code runs, otherwise after the C code has returned. */
  #callHook(hook: () => void): void {
    if (this.#inNativeCode) this.#pendingHooks.push(hook);
    else hook();
  }

  #bindModule(flash: Uint8Array | undefined): void {
    const m = this.#module;
    const { socket } = this.#hooks;
    const copyBytes = (pointer: number, size: number) => m.HEAPU8.slice(pointer, pointer + size);
    m.dmesg = (line) => this.#callHook(() => this.#hooks.log(line));
    m.sendPacket = (frame) => this.#callHook(() => this.#hooks.frame(frame, this.#clock.now()));
    m.panicHandler = (code) => this.#callHook(() => this.#hooks.panic(code));
    m.flashSave = (data) => this.#callHook(() => this.#hooks.flash(data));
    m.flashLoad = () => flash ?? new Uint8Array();
    m.sockIsAvailable = () => true;
    m.sockOpen = (host, port) => {
      const end = m.HEAPU8.indexOf(0, host);
      return socket.open(new TextDecoder().decode(m.HEAPU8.subarray(host, end)), Math.abs(port), port < 0);
    };
    m.sockWrite = (data, size) => socket.write(copyBytes(data, size));
    m.sockClose = () => socket.close();
  }

  #enqueue(event: () => void): void {
    if (this.#ended) return;
    this.#queue.push(event);
    if (!this.#stepping) this.#step();
  }

  /** Processes the queued events one by one, then sleeps for as long as the C code allows. */
  readonly #step = (): void => {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#stepping = true;
    let sleep = 0;
    do {
      const isBehind = this.#clock.advance();
      const event = this.#queue.shift();
      this.#runNative(() => {
        event?.();
        sleep = this.#module._jd_em_process();
      });
      if (isBehind) {
        this.#hooks.clockBehind();
        this.#queue.push(() => {});
      }
    } while (this.#queue.length > 0 && !this.#ended);
    this.#stepping = false;
    if (this.#ended) return;
    // network peers run in real time, so an accelerated board would time out while it waits for their first answer
    const speed = this.#hooks.socket.opening ? 1 : this.#speed;
    this.#clock.speed = speed;
    const sleepTime = sleep < MAX_REQUESTED_SLEEP ? sleep : IDLE_SLEEP_TIME;
    this.#timer = setTimeout(this.#step, sleepTime / 1000 / speed);
  };

  /** Runs C code and afterwards calls the hooks that it triggered. An exception stops the machine. */
  #runNative(run: () => void): void {
    this.#inNativeCode = true;
    let thrown: unknown;
    try {
      run();
    } catch (error) {
      this.stop();
      thrown = error ?? "nothing";
    }
    this.#inNativeCode = false;
    const hooks = this.#pendingHooks;
    this.#pendingHooks = [];
    for (const hook of hooks) hook();
    if (thrown === undefined) return;
    const { name, message } = thrown as Error;
    // the runtime's target_reset() calls exit(0), which Emscripten throws as ExitStatus
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

/** Evaluates the text of the virtual machine with its own clock, console and `process`. */
function loadModule(source: string, clock: BoardClock, print: (line: string) => void): Promise<VmModule> {
  const log = (...args: unknown[]) => print(args.map(String).join(" "));
  const globals = {
    require: createRequire(import.meta.url),
    // the runtime's exit() sets process.exitCode and must not change the exit code of the simulator
    process: { versions: process.versions, release: process.release, argv: [], exitCode: 0 },
    console: { log, info: log, debug: log, warn: log, error: log },
    Date: { now: () => clock.now() },
    __filename: "devicescript-vm.js",
    __dirname: ".",
  };
  const wrapper = compileFunction(`return ${source}`, Object.keys(globals), { filename: "devicescript-vm.js" });
  const files = wrapper(...Object.values(globals)) as Record<string, (exports: object, module: object) => void>;
  const module = { exports: {} };
  for (const file of Object.values(files)) file(module.exports, module);
  return (module.exports as ModuleFactory)({ print, printErr: print });
}
