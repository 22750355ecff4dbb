/** What a board's thread and its `SimulatedBoard` say to each other. Everything here survives a structured clone. */

import type { Heap } from "./heap.js";
import type { Color } from "./status-light.js";

/** How a network cut looks: connections reset, ended, or not noticed at all because packets vanish. */
export type CutHow = "reset" | "end" | "silent";

export interface NetworkState {
  /** Undefined while the network is up. */
  cut?: CutHow;
  /** One-way delay, in ms. */
  delay: number;
}

/** What a board's thread starts with. */
export interface BoardSetup {
  /** The text of the virtual machine, see `vmSource`. */
  vm: string;
  /** 16 hexadecimal digits. */
  deviceId: string;
  /** 16 hexadecimal digits: the Jacdac device that carries the sensor and the lamp. */
  peripheralId: string;
  /** What was in flash when the power went; undefined for a board that is to be deployed to. */
  flash?: Uint8Array;
  bytecode: Uint8Array;
  /** JSON text in UTF-8 by key; undefined deletes. */
  settings: Record<string, Uint8Array | undefined>;
  /** 0..1023 */
  light: number;
  network: NetworkState;
  /** How many times as fast as ours the board's time goes. */
  speed: number;
}

/** To the thread: what changed, or what is asked for. */
export interface ToBoard {
  light?: number;
  network?: NetworkState;
  /** Asks how the program's memory is used. */
  heap?: true;
}

/** From the thread. */
export type FromBoard =
  | { type: "log"; line: string }
  | { type: "flash"; data: Uint8Array }
  | { type: "heap"; heap: Heap | undefined }
  | { type: "lamp"; intensity: number }
  | { type: "status-light"; color: Color }
  /** The program began to run. */
  | { type: "started" }
  /** A role of the program found its service. */
  | { type: "bound"; role: "light" | "lamp" }
  /** The program ended by its own fault and will be started again by the virtual machine. */
  | { type: "crashed"; reason: string }
  /** The program asked to be started again. */
  | { type: "restarting" }
  /** The virtual machine is no more: reset by the program, by a fault of its own, or because the image cannot run. */
  | { type: "ended"; how: "reset" | "crash" | "refused"; reason: string };
