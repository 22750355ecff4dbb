/** A simulated board: the real bytecode in the real virtual machine, with a light sensor, an LED, flash and a network. */
import { createHash } from "node:crypto";
import type { Worker } from "node:worker_threads";
import { constant } from "./light.js";
import { parseLine } from "./log.js";
import { BoardNetwork } from "./network.js";
import { withPositions } from "./positions.js";
import { LightSensor } from "./sensor.js";
import { encodeSettings } from "./settings.js";
import { BoardSigns } from "./signs.js";
import type { BoardOptions } from "./types.js";
import type { Heap } from "./vm/heap.js";
import type { FromBoard, ToBoard } from "./vm/protocol.js";
import { vmSource } from "./vm/source.js";
import { startThread } from "./vm/thread.js";

/** The interval at which the sensor reads the light source, in ms. */
const LIGHT_EVERY = 100;
/** How long after its begin a program without sensor and lamp counts as started, in ms. */
const BIND_WITHIN = 500;
/** The pause after a crash, in ms. It doubles with each further crash within `STEADY` (exponential backoff). */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;
const STEADY = 60_000;

/** Why a start failed. */
type Settle = { resolve(): void; reject(error: Error): void };

export class SimulatedBoard extends BoardSigns {
  readonly id: string;
  readonly network: BoardNetwork;
  readonly #options: BoardOptions;
  readonly #sensor: LightSensor;
  readonly #deviceId: string;
  readonly #settings: Record<string, Uint8Array | undefined>;
  #flash: Uint8Array | undefined;
  /** Whether program and settings are complete in flash. If not, the next start deploys them again. */
  #deployed = false;
  #thread: Worker | undefined;
  #starting: (Settle & { promise: Promise<void> }) | undefined;
  #unbound = new Set<"light" | "lamp">();
  #pause = FIRST_PAUSE;
  /** Grows with each change of power, so that code can detect a change during a wait. */
  #powered = 0;
  #timers: NodeJS.Timeout[] = [];
  #heapWanted: ((heap: Heap | undefined) => void)[] = [];

  /**
   * Creates a board without power.
   * @throws RangeError if the device id, a setting or the speed is invalid
   */
  constructor(options: BoardOptions) {
    super();
    const { id, deviceId = hash(id), speed = 1 } = options;
    if (!/^[0-9a-f]{16}$/.test(deviceId))
      throw new RangeError(`The device id "${deviceId}" must be 16 hexadecimal digits in lower case.`);
    if (!(speed >= 1 && speed <= 100))
      throw new RangeError(`The speed of a board is 1 to 100 times real time, not ${speed}.`);
    this.id = id;
    this.#options = options;
    this.#deviceId = deviceId;
    this.#settings = encodeSettings(options.settings);
    this.#sensor = new LightSensor(options.light ?? constant(512));
    this.network = new BoardNetwork((network) => {
      this.#send({ network });
      this.emit("change");
    });
  }

  /** The light at the sensor, 0 to 1023. */
  get light(): number {
    return this.#sensor.light;
  }
  /** Whether somebody has set the light by hand. */
  get held(): boolean {
    return this.#sensor.held;
  }

  /**
   * Switches the power on. Resolves when the program runs and has found its sensor and its lamp.
   * @throws Error if the virtual machine rejects the image, the program crashes or the power is cut before that
   */
  start(): Promise<void> {
    if (this.#starting) return this.#starting.promise;
    if (this.#thread) return Promise.resolve();
    this.#sensor.begin();
    const settle = {} as Settle;
    const promise = new Promise<void>((resolve, reject) => Object.assign(settle, { resolve, reject }));
    this.#starting = { ...settle, promise };
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
    const { held } = this;
    this.#sensor.hold(light);
    if (!this.#look() && held !== this.held) this.emit("change");
  }

  /** Returns the memory usage of the program; undefined while no program runs. */
  heap(): Promise<Heap | undefined> {
    if (!this.#thread) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#heapWanted.push(resolve);
      this.#send({ heap: true });
    });
  }

  /** Updates the sensor from the light source. Returns whether the light has changed. */
  #look(): boolean {
    if (!this.#sensor.look()) return false;
    this.#send({ light: this.light });
    this.emit("light", this.light);
    this.emit("change");
    return true;
  }

  #send(message: ToBoard): void {
    this.#thread?.postMessage(message);
  }

  #powerUp(): void {
    this.#powered++;
    this.#clearTimers();
    try {
      const thread = startThread({
        vm: vmSource(),
        deviceId: this.#deviceId,
        peripheralId: hash(`${this.#deviceId} peripherals`),
        flash: this.#deployed ? this.#flash : undefined,
        bytecode: this.#options.bytecode,
        settings: this.#settings,
        light: this.light,
        network: this.network.current,
        speed: this.#options.speed ?? 1,
      });
      this.#thread = thread;
      thread.on("message", (message: FromBoard) => thread === this.#thread && this.#hear(message));
      thread.on("error", (error) => this.#lost(thread, error.message));
      thread.on("exit", (code) => this.#lost(thread, `its thread ended with code ${code}`));
      this.#timers.push(setInterval(() => this.#look(), LIGHT_EVERY));
    } catch (error) {
      void this.#powerDown(error as Error);
    }
  }

  async #powerDown(why?: Error): Promise<void> {
    this.#powered++;
    const thread = this.#thread;
    this.#thread = undefined;
    this.#clearTimers();
    if (why) this.#settle(why);
    for (const told of this.#heapWanted.splice(0)) told(undefined);
    this.goneDark();
    await thread?.terminate();
  }

  #clearTimers(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }

  #hear(message: FromBoard): void {
    switch (message.type) {
      case "log": {
        const [level, text] = parseLine(message.line);
        this.emit("log", level, this.#placed(text));
        break;
      }
      case "flash":
        this.#flash = message.data;
        break;
      case "heap":
        for (const told of this.#heapWanted.splice(0)) told(message.heap);
        break;
      case "status-light":
        this.shown(message.color);
        break;
      case "lamp":
        this.shine(message.intensity);
        break;
      case "started":
        this.#started();
        break;
      case "bound":
        this.#unbound.delete(message.role);
        if (this.#unbound.size === 0) this.#settle();
        break;
      case "crashed":
        this.crashed(this.#placed(message.reason));
        break;
      case "restarting":
        this.ran(false);
        this.emit("reboot", "the program asked for a restart");
        break;
      case "ended":
        void this.#ended(message.how, message.reason);
        break;
    }
  }

  #started(): void {
    this.#deployed = true;
    this.#unbound = new Set(["light", "lamp"]);
    this.#timers.push(setTimeout(() => this.#settle(), BIND_WITHIN));
    this.#timers.push(setTimeout(() => (this.#pause = FIRST_PAUSE), STEADY));
    this.ran(true);
    this.emit("start");
  }

  #settle(error?: Error): void {
    const starting = this.#starting;
    this.#starting = undefined;
    if (error) starting?.reject(error);
    else starting?.resolve();
  }

  #placed(text: string): string {
    const { debug } = this.#options;
    return debug ? withPositions(text, debug) : text;
  }

  /** Handles the end of the virtual machine. After a reset it starts again immediately, after a crash with a delay. */
  async #ended(how: "reset" | "crash" | "refused", reason: string): Promise<void> {
    if (how === "refused") return this.#powerDown(new Error(`The board ${this.id} cannot run its image: ${reason}.`));
    const down = this.#powerDown();
    const powered = this.#powered;
    if (how === "reset") this.emit("reboot", reason);
    else {
      this.crashed(this.#placed(reason));
      this.#settle(new Error(`The board ${this.id} crashed: ${reason}.`));
    }
    await down;
    if (powered !== this.#powered) return;
    if (how === "reset") return this.#powerUp();
    this.#timers.push(setTimeout(() => this.#powerUp(), this.#pause));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  /** Handles a worker thread that ended unexpectedly. */
  #lost(thread: Worker, reason: string): void {
    if (thread === this.#thread) void this.#ended("crash", reason);
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
