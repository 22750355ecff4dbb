/** A server that does the nightlight's work: reads telemetry, decides, commands. */
import type { Program } from "../child.js";
import type { Form } from "../load/task.js";

/** Where a peer works: at Mosquitto, or as the broker itself. */
export type Place = "mosquitto" | "embedded";

export interface PeerTask {
  /** Of the broker: to join, or to listen on. */
  readonly port: number;
  readonly place: Place;
  readonly qos: 0 | 1;
  /** For its files; empty at the start. */
  readonly folder: string;
}

export interface Peer {
  /** As it is called on the command line. */
  readonly name: string;
  /** As it is called in tables. */
  readonly title: string;
  readonly places: readonly Place[];
  readonly form: Form;
  /** What would bring it here, in half a sentence; undefined when it is here. May take a while. */
  missing(): Promise<string | undefined>;
  program(task: PeerTask): Promise<Program>;
}
