/** Switches that a test gives to a store, and what it must then tell. */
import type { HistorySwitch } from "../../../server/src/history/history.js";
import { BY, type Batch } from "../../../server/src/history/protocol.js";
import type { Store } from "../../../server/src/history/store.js";

export const BASE = Date.UTC(2026, 5, 1, 7, 13);
export const ALWAYS = [0, 2 ** 43] as const;

export interface Given extends HistorySwitch {
  readonly device: number;
}

/** A batch of these and nothing else, as the server's thread makes it. */
export function batchOf(given: readonly Given[]): Batch {
  const places = new Map<string, number>();
  for (const { reason } of given) if (!places.has(reason)) places.set(reason, places.size);
  return {
    devices: new Uint32Array(),
    times: new Float64Array(),
    lights: new Uint16Array(),
    switches: {
      devices: Uint32Array.from(given, ({ device }) => device),
      times: Float64Array.from(given, ({ time }) => time),
      led_on: Uint8Array.from(given, ({ led_on }) => Number(led_on)),
      by: Uint8Array.from(given, ({ by }) => BY.indexOf(by)),
      reasons: Uint16Array.from(given, ({ reason }) => places.get(reason)!),
      sentences: [...places.keys()],
      first: 0,
    },
  };
}

export const IDS = ["porch", "cellar", "attic"];

/** All switches of all devices. */
export const allIn = (store: Store): HistorySwitch[][] =>
  IDS.map((id) => {
    const device = store.numberOf(id);
    return device === undefined ? [] : store.switches.latest(device, ...ALWAYS, 1e6);
  });

/** What is told of these: of each device in order of time, then as they were given. */
export const expected = (given: readonly Given[]): HistorySwitch[][] =>
  IDS.map((_, number) =>
    given
      .filter(({ device }) => device === number)
      .map(({ time, led_on, by, reason }) => ({ time, led_on, by, reason }))
      .sort((a, b) => a.time - b.time),
  );
