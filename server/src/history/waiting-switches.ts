import { runsOf } from "./by-device.js";
import type { HistorySwitch } from "./history.js";
import { packRun, switchOf } from "./switch-runs.js";

/** Switches as they came; entries with the same index belong together. */
export interface SwitchBatch {
  /** By their numbers in the database. */
  readonly devices: Uint32Array;
  readonly times: Float64Array;
  /** By `stateOf`. */
  readonly states: Uint8Array;
  /** Places in `reasons`. */
  readonly places: Uint16Array;
  /** Each once. */
  readonly reasons: readonly string[];
}

interface Piece extends Omit<SwitchBatch, "places" | "reasons"> {
  /** Places among the reasons of all that wait. */
  readonly places: Uint32Array;
}

/** Switches that wait for their runs: to take one costs next to nothing, as they stay in the columns in which they came. */
export class WaitingSwitches {
  #pieces: Piece[] = [];
  #count = 0;
  /** Each reason once, with its place among them. */
  #reasons = new Map<string, number>();

  get count(): number {
    return this.#count;
  }

  add({ devices, times, states, places, reasons }: SwitchBatch): void {
    const common = reasons.map((reason) => this.#placeOf(reason));
    // `from` with a function takes ten times as long
    const own = new Uint32Array(places);
    for (let at = 0; at < own.length; at++) own[at] = common[own[at]];
    this.#pieces.push({ devices, times, states, places: own });
    this.#count += times.length;
  }

  clear(): void {
    this.#pieces = [];
    this.#count = 0;
    this.#reasons.clear();
  }

  moveInto(other: WaitingSwitches): void {
    other.#pieces = this.#pieces;
    other.#count = this.#count;
    other.#reasons = this.#reasons;
  }

  /** Those of a device from `from` to before `to`, in the order in which they came. */
  of(device: number, from: number, to: number): HistorySwitch[] {
    const found: HistorySwitch[] = [];
    let reasons: string[] | undefined;
    for (const { devices, times, states, places } of this.#pieces)
      for (let at = devices.indexOf(device); at >= 0; at = devices.indexOf(device, at + 1)) {
        if (times[at] < from || times[at] >= to) continue;
        reasons ??= [...this.#reasons.keys()];
        found.push(switchOf(times[at], states[at], reasons[places[at]]));
      }
    return found;
  }

  /** Gives all that wait as runs, in the order of `runsOf`. @param use has each until it returns */
  eachRun(use: (device: number, chunk: number, run: Uint8Array) => void): void {
    const { devices, times, states, places } = this.#joined();
    const reasons = [...this.#reasons.keys()];
    /** Which run a reason was met in last, and its place there. */
    const metIn = new Uint32Array(reasons.length);
    const placeIn = new Uint32Array(reasons.length);
    let runs = 0;
    for (const [chunk, members] of runsOf(devices, times)) {
      runs++;
      const own: string[] = [];
      const ownPlaces = members.map((member) => {
        const reason = places[member];
        if (metIn[reason] !== runs) {
          metIn[reason] = runs;
          placeIn[reason] = own.push(reasons[reason]) - 1;
        }
        return placeIn[reason];
      });
      const ownTimes = members.map((member) => times[member]);
      const ownStates = members.map((member) => states[member]);
      use(devices[members[0]], chunk, packRun(ownTimes, ownStates, ownPlaces, own));
    }
  }

  #joined(): Piece {
    const joined = {
      devices: new Uint32Array(this.#count),
      times: new Float64Array(this.#count),
      states: new Uint8Array(this.#count),
      places: new Uint32Array(this.#count),
    };
    let at = 0;
    for (const { devices, times, states, places } of this.#pieces) {
      joined.devices.set(devices, at);
      joined.times.set(times, at);
      joined.states.set(states, at);
      joined.places.set(places, at);
      at += times.length;
    }
    return joined;
  }

  #placeOf(reason: string): number {
    let place = this.#reasons.get(reason);
    if (place === undefined) this.#reasons.set(reason, (place = this.#reasons.size));
    return place;
  }
}
