/** What a simulated board is given, and what it tells. */
import type { LightSource } from "./light.js";
import type { LogLevel } from "./log.js";
import type { DebugInfo } from "./positions.js";
import type { Settings } from "./settings.js";

export interface BoardOptions {
  /** Names the board here; its program knows it as the setting `NL_ID`, if the settings say so. */
  id: string;
  /** What `devs build` made. */
  bytecode: Uint8Array;
  /** Values by key; `encodeSettings` says what is allowed. */
  settings: Settings;
  /** Half-bright, always, unless told. */
  light?: LightSource;
  /** 16 hexadecimal digits; derived from the id unless told. */
  deviceId?: string;
  /**
   * How many times as fast as ours the board's time goes, 1 to 100; 1 unless told. While it opens a connection it does not
   * hurry, as the other side does not either; when the computer cannot follow, it goes slower.
   */
  speed?: number;
  /** Puts source positions into the reasons of crashes. */
  debug?: DebugInfo;
}

export interface BoardEvents {
  /** The light that the sensor reads changed: 0..1023. */
  light: [light: number];
  lamp: [on: boolean];
  /** A line that the program or its virtual machine printed. */
  log: [level: LogLevel, text: string];
  /** The program, or the whole virtual machine, ended by a fault; it is started again. */
  crash: [reason: string];
  /** The program asked for a restart or a reset. */
  reboot: [reason: string];
  /** The program runs. */
  start: [];
  /** Anything that can be seen from outside changed. */
  change: [];
}
