/** A simulated board: the real bytecode in the real virtual machine, with a light sensor, an LED, flash and a network. */
import { createHash } from "node:crypto";
import type { Worker } from "node:worker_threads";
import { createConstantLight } from "./light.js";
import { parseLogLine } from "./log.js";
import { BoardNetwork } from "./network.js";
import { addSourcePositions } from "./positions.js";
import { LightSensor } from "./sensor.js";
import { encodeSettings } from "./settings.js";
import { BoardState } from "./board-state.js";
import type { BoardOptions } from "./types.js";
import type { Heap } from "./vm/heap.js";
import type { MessageFromWorker, MessageToWorker } from "./vm/protocol.js";
import { getVmSource } from "./vm/source.js";
import { startThread } from "./vm/thread.js";

/** The interval at which the sensor reads the light source, in ms. */
const SAMPLE_INTERVAL = 100;
/** Time after which a running program counts as started, even if it uses no sensor and no lamp, in ms. */
const BIND_TIMEOUT = 500;
/** Delay before a crashed board restarts, in ms. Each further crash doubles the delay (exponential backoff). */
const MIN_RESTART_DELAY = 1000;
/** Longest delay before a crashed board restarts, in ms. */
const MAX_RESTART_DELAY = 30_000;
/** Uptime after which a crash counts as the first one again, in ms. */
const STABLE_UPTIME = 60_000;

/**
 * Maximum of the option `uptime`, in ms: 100 days. At power-up, the virtual machine's clock advances to the uptime in
 * steps, which takes time.
 */
const MAX_UPTIME = 8_640_000_000;

/** The line in which the runtime prints the hash of a program that it starts. */
const HASH_LINE = /^DevS-SHA256: ([0-9a-f]{64})/;

/** Functions that resolve or reject the promise of a pending `start`. */
type PromiseCallbacks = { resolve(): void; reject(error: Error): void };

export class SimulatedBoard extends BoardState {
  readonly id: string;
  readonly network: BoardNetwork;
  readonly #options: BoardOptions;
  readonly #sensor: LightSensor;
  readonly #deviceId: string;
  readonly #settings: Record<string, Uint8Array | undefined>;
  readonly #bytecodeHash: string;
  #flash: Uint8Array | undefined;
  /** Whether an update has replaced the program, so that the debug information does not apply. */
  #hasOtherProgram = false;
  /** Whether program and settings are complete in flash. If not, the next start deploys them again. */
  #deployed = false;
  #thread: Worker | undefined;
  #pendingStart: (PromiseCallbacks & { promise: Promise<void> }) | undefined;
  #unboundRoles = new Set<"light" | "lamp">();
  #restartDelay = MIN_RESTART_DELAY;
  /** Time on the clock at the next power-up, in ms. */
  #uptime: number;
  /** Counts power-ups and power-downs, so that asynchronous code can detect a change during a wait. */
  #powerChanges = 0;
  #timers: NodeJS.Timeout[] = [];
  #heapRequests: ((heap: Heap | undefined) => void)[] = [];

  /**
   * Creates a board that is switched off.
   * @throws RangeError if the device id, a setting, the speed or the uptime is invalid
   */
  constructor(options: BoardOptions) {
    super();
    const { id, deviceId = hashToDeviceId(id), speed = 1, uptime = 0 } = options;
    if (!/^[0-9a-f]{16}$/.test(deviceId))
      throw new RangeError(`The device id "${deviceId}" must be 16 hexadecimal digits in lower case.`);
    if (!(speed >= 1 && speed <= 100))
      throw new RangeError(`The speed of a board is 1 to 100 times real time, not ${speed}.`);
    if (!(uptime >= 0 && uptime <= MAX_UPTIME))
      throw new RangeError(`The uptime of a board is 0 to ${MAX_UPTIME} ms, not ${uptime}.`);
    this.id = id;
    this.#uptime = uptime;
    this.#options = options;
    this.#deviceId = deviceId;
    this.#bytecodeHash = createHash("sha256").update(options.bytecode).digest("hex");
    this.#settings = encodeSettings(options.settings);
    this.#sensor = new LightSensor(options.light ?? createConstantLight(512));
    this.network = new BoardNetwork((network) => {
      this.#send({ network });
      this.emit("change");
    });
  }

  /** The light at the sensor, 0 to 1023. */
  get light(): number {
    return this.#sensor.light;
  }
  /** Whether the user has set the light by hand. */
  get isLightHeld(): boolean {
    return this.#sensor.isHeld;
  }

  /**
   * Switches the power on. Resolves when the program runs and has found its sensor and its lamp.
   * @throws Error if the virtual machine rejects the image, the program crashes or the power is cut before that
   */
  start(): Promise<void> {
    if (this.#pendingStart) return this.#pendingStart.promise;
    if (this.#thread) return Promise.resolve();
    this.#sensor.start();
    const callbacks = {} as PromiseCallbacks;
    const promise = new Promise<void>((resolve, reject) => Object.assign(callbacks, { resolve, reject }));
    this.#pendingStart = { ...callbacks, promise };
    this.#powerUp();
    return promise;
  }

  /** Switches the power off. The flash keeps its contents. */
  async stop(): Promise<void> {
    await this.#powerDown(new Error(`The board ${this.id} was switched off before it had started.`));
  }

  /** Cuts the power between two instructions, as in a power failure. */
  kill(): Promise<void> {
    return this.stop();
  }

  /** Cuts the power and switches it on again. The flash keeps its contents. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /**
   * Sets the light by hand, 0 to 1023; null returns control to the light source.
   * @throws RangeError for any other value
   */
  setLight(light: number | null): void {
    const { isLightHeld: held } = this;
    this.#sensor.hold(light);
    if (!this.#sampleLight() && held !== this.isLightHeld) this.emit("change");
  }

  /** Returns the memory usage of the program; undefined while no program runs. */
  readHeap(): Promise<Heap | undefined> {
    if (!this.#thread) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#heapRequests.push(resolve);
      this.#send({ heap: true });
    });
  }

  /** Updates the sensor from the light source. Returns whether the light has changed. */
  #sampleLight(): boolean {
    if (!this.#sensor.sample()) return false;
    this.#send({ light: this.light });
    this.emit("light", this.light);
    this.emit("change");
    return true;
  }

  #send(message: MessageToWorker): void {
    this.#thread?.postMessage(message);
  }

  #powerUp(): void {
    this.#powerChanges++;
    this.#clearTimers();
    try {
      const thread = startThread({
        vm: getVmSource(),
        deviceId: this.#deviceId,
        peripheralId: hashToDeviceId(`${this.#deviceId} peripherals`),
        flash: this.#deployed ? this.#flash : undefined,
        bytecode: this.#options.bytecode,
        settings: this.#settings,
        light: this.light,
        network: this.network.currentState,
        speed: this.#options.speed ?? 1,
        uptime: this.#uptime,
      });
      this.#uptime = 0;
      this.#thread = thread;
      thread.on("message", (message: MessageFromWorker) => {
        if (thread === this.#thread) this.#handleMessage(message);
        // keeps what the board wrote to flash just before its power was cut
        else if (message.type === "flash" && !this.#thread) this.#flash = message.data;
      });
      thread.on("error", (error) => this.#threadLost(thread, error.message));
      thread.on("exit", (code) => this.#threadLost(thread, `its thread ended with code ${code}`));
      this.#timers.push(setInterval(() => this.#sampleLight(), SAMPLE_INTERVAL));
    } catch (error) {
      void this.#powerDown(error as Error);
    }
  }

  async #powerDown(error?: Error): Promise<void> {
    this.#powerChanges++;
    const thread = this.#thread;
    this.#thread = undefined;
    this.#clearTimers();
    if (error) this.#finishStart(error);
    for (const resolve of this.#heapRequests.splice(0)) resolve(undefined);
    this.clearOnPowerLoss();
    await thread?.terminate();
  }

  #clearTimers(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }

  #handleMessage(message: MessageFromWorker): void {
    switch (message.type) {
      case "log": {
        const [level, text] = parseLogLine(message.line);
        const hash = HASH_LINE.exec(text)?.[1];
        if (hash) this.#hasOtherProgram = hash !== this.#bytecodeHash;
        this.emit("log", level, this.#withSourcePositions(text));
        break;
      }
      case "flash":
        this.#flash = message.data;
        this.emit("flash");
        break;
      case "heap":
        for (const resolve of this.#heapRequests.splice(0)) resolve(message.heap);
        break;
      case "status-light":
        this.setStatusLight(message.shown);
        break;
      case "lamp":
        this.setIntensity(message.intensity);
        break;
      case "started":
        this.#started();
        break;
      case "empty":
        this.emit("empty");
        this.#finishStart();
        break;
      case "update":
        if (message.stage === "receiving") this.setRunning(false);
        this.emit("update", message.stage);
        break;
      case "bound":
        this.#unboundRoles.delete(message.role);
        if (this.#unboundRoles.size === 0) this.#finishStart();
        break;
      case "crashed":
        this.recordCrash(this.#withSourcePositions(message.reason));
        break;
      case "restarting":
        this.setRunning(false);
        this.emit("reboot", "the program asked for a restart");
        break;
      case "ended":
        void this.#machineEnded(message.how, message.reason);
        break;
    }
  }

  #started(): void {
    this.#deployed = true;
    this.#unboundRoles = new Set(["light", "lamp"]);
    this.#timers.push(setTimeout(() => this.#finishStart(), BIND_TIMEOUT));
    this.#timers.push(setTimeout(() => (this.#restartDelay = MIN_RESTART_DELAY), STABLE_UPTIME));
    this.setRunning(true);
    this.emit("start");
  }

  #finishStart(error?: Error): void {
    const pendingStart = this.#pendingStart;
    this.#pendingStart = undefined;
    if (error) pendingStart?.reject(error);
    else pendingStart?.resolve();
  }

  #withSourcePositions(text: string): string {
    const { debug } = this.#options;
    return debug && !this.#hasOtherProgram ? addSourcePositions(text, debug) : text;
  }

  /** Restarts an ended virtual machine: at once after a reset, with a delay after a crash, not at all after a refused image. */
  async #machineEnded(how: "reset" | "crash" | "refused", reason: string): Promise<void> {
    if (how === "refused") return this.#powerDown(new Error(`The board ${this.id} cannot run its image: ${reason}.`));
    const poweredDown = this.#powerDown();
    const powerChanges = this.#powerChanges;
    if (how === "reset") this.emit("reboot", reason);
    else {
      this.recordCrash(this.#withSourcePositions(reason));
      this.#finishStart(new Error(`The board ${this.id} crashed: ${reason}.`));
    }
    await poweredDown;
    if (powerChanges !== this.#powerChanges) return;
    if (how === "reset") return this.#powerUp();
    this.#timers.push(setTimeout(() => this.#powerUp(), this.#restartDelay));
    this.#restartDelay = Math.min(this.#restartDelay * 2, MAX_RESTART_DELAY);
  }

  /** Treats the unexpected end of the current worker thread as a crash of the board. Ignores the end of earlier threads. */
  #threadLost(thread: Worker, reason: string): void {
    if (thread === this.#thread) void this.#machineEnded("crash", reason);
  }
}

function hashToDeviceId(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
