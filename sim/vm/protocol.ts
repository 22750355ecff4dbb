/** Messages between `SimulatedBoard` and the worker thread of its board. All of them support structured cloning. */

import type { Heap } from "./heap.js";
import type { StatusLight } from "./status-light.js";

/** How a network cut appears: connections are reset (TCP RST), closed (TCP FIN), or all packets are lost silently. */
export type CutKind = "reset" | "end" | "silent";

/** The state of the network of one board. */
export interface NetworkState {
  /** The kind of network cut; undefined while the network is up. */
  cut?: CutKind;
  /** One-way delay of all traffic, in ms. */
  delay: number;
}

/** The start parameters of the worker thread of a board. */
export interface BoardSetup {
  /** JavaScript text of the virtual machine, see `getVmSource`. */
  vm: string;
  /** Jacdac device id of the board, 16 hexadecimal digits. */
  deviceId: string;
  /** Jacdac device id of the sensor and the lamp, 16 hexadecimal digits. */
  peripheralId: string;
  /** Flash memory as it was at power-off; undefined for a new board, which receives a deployment. */
  flash?: Uint8Array;
  bytecode: Uint8Array;
  /** Settings to deploy: JSON text in UTF-8 by key; undefined deletes the key. */
  settings: Record<string, Uint8Array | undefined>;
  /** Light level at the sensor at power-up, 0..1023. */
  light: number;
  network: NetworkState;
  /** Speed of the board's clock as a multiple of real time. */
  speed: number;
  /** Time on the board's clock before the program starts, in ms. */
  uptime: number;
}

/** A message to the worker thread: new values of the light or network, or a request for the heap usage. */
export interface MessageToWorker {
  /** New light level at the sensor, 0..1023. */
  light?: number;
  network?: NetworkState;
  /** Requests the heap usage of the program. */
  heap?: true;
}

/** A message from the worker thread. */
export type MessageFromWorker =
  | { type: "log"; line: string }
  | { type: "flash"; data: Uint8Array }
  | { type: "heap"; heap: Heap | undefined }
  | { type: "lamp"; intensity: number }
  | { type: "status-light"; shown: StatusLight }
  /** The program started. */
  | { type: "started" }
  /** The runtime found no program in flash that it can run, and waits for one. */
  | { type: "empty" }
  /** A server sends a program over the air: the runtime has erased the old program, or has stored the new one. */
  | { type: "update"; stage: "receiving" | "received" }
  /** A role of the program was bound to its service. */
  | { type: "bound"; role: "light" | "lamp" }
  /** The program crashed; the virtual machine will restart it. */
  | { type: "crashed"; reason: string }
  /** The program requested a restart. */
  | { type: "restarting" }
  /**
   * The virtual machine ended, because the program reset the board, or because the machine crashed or refused the
   * bytecode.
   */
  | { type: "ended"; how: "reset" | "crash" | "refused"; reason: string };
