/** Options and events of a simulated board. */
import type { LightSource } from "./light.js";
import type { LogLevel } from "./log.js";
import type { DebugInfo } from "./positions.js";
import type { Settings } from "./settings.js";
import type { StatusLight } from "./vm/status-light.js";

export interface BoardOptions {
  /** Board name in the simulator. The firmware reads its own name from the setting `NL_ID`. */
  id: string;
  /** Compiled firmware from `devs build`. */
  bytecode: Uint8Array;
  /** Device settings by key; `encodeSettings` documents the allowed values. */
  settings: Settings;
  /** Light source; constant medium light by default. */
  light?: LightSource;
  /** Jacdac device identifier, 16 hexadecimal digits; derived from `id` by default. */
  deviceId?: string;
  /**
   * Speed of the board's clock relative to real time, 1 to 100; 1 by default. While the board opens a connection, the
   * clock runs in real time, because the broker answers in real time. The clock runs slower when the computer is
   * overloaded.
   */
  speed?: number;
  /**
   * Time on the board's clock when the board is first switched on, in ms; 0 by default. After every reset and every
   * later power-up, the clock starts at 0, as on a real chip.
   */
  uptime?: number;
  /** Debug information that adds source positions to crash reasons. */
  debug?: DebugInfo;
}

export interface BoardEvents {
  /** The sensor reading changed. The event contains the new reading, 0..1023. */
  light: [light: number];
  lamp: [on: boolean];
  /** A line that the program or its virtual machine printed. */
  log: [level: LogLevel, text: string];
  /** The program or the virtual machine crashed. The simulator restarts the board. */
  crash: [reason: string];
  /** The program requested a restart or reset. */
  reboot: [reason: string];
  /** The program has started. If it uses the sensor or the lamp, it has found them. */
  start: [];
  /** The flash contains no program that the board can run. The runtime waits for one from a server. */
  empty: [];
  /** A server updates the program over the air: the old program is erased, or the new one is complete. */
  update: [stage: "receiving" | "received"];
  /** A deployment or the program changed the flash memory. */
  flash: [];
  /** The status LED changed, for example because it blinks. */
  "status-light": [shown: StatusLight];
  /** Any publicly visible state of the board changed, except the status LED. */
  change: [];
}
